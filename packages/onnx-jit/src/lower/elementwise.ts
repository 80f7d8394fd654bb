import { CompileError } from '../errors';
import type { Graph, Value } from '../graph/graph';
import { add, binary, cast, compare, div, expand, mul, sub, toInt32, unary, where } from './basic';
import {
  broadcast,
  dtypeAttr,
  input,
  inputList,
  numberAttr,
  type Call,
  type Lowering,
  type Lowerings,
  type Provider,
} from './call';
import { axpy } from '../passes/axpy';
import { unguarded } from '../passes/log-sum';
import { softmaxGradient } from '../passes/softmax-gradient';

const simple =
  (op: string): Lowering =>
  (call) =>
    unary(call.graph, op, input(call, 'x'));

/** Rounding, which leaves whole numbers as they are. */
const rounding =
  (op: string): Lowering =>
  (call) => {
    const x = input(call, 'x');
    return x.dtype === 'int32' ? x : unary(call.graph, op, cast(call.graph, x, 'float32'));
  };

/** Questions about a number that can only be asked of floats: `always` is the answer for the others. */
const question =
  (always: boolean, emit: (g: Graph, x: Value) => Value): Lowering =>
  (call) =>
    g1(call, (g, x) => (x.dtype === 'float32' ? emit(g, x) : g.fill(Number(always), x.shape, 'bool')));

/** Unary kernels whose result is float32 whatever goes in. */
const float =
  (emit: (g: Graph, x: Value) => Value): Lowering =>
  (call) =>
    emit(call.graph, cast(call.graph, input(call, 'x'), 'float32'));

const operands = (call: Call): { g: Graph; a: Value; b: Value; shape: number[] } => {
  const g = call.graph;
  const a = input(call, 'a');
  const b = input(call, 'b');
  // tfjs casts both to one type before most kernels; booleans still count as numbers.
  const numeric = (v: Value): Value => (v.dtype === 'bool' ? cast(g, v, 'int32') : v);
  const [left, right] = [numeric(a), numeric(b)];
  const dtype = left.dtype === 'float32' || right.dtype === 'float32' ? 'float32' : 'int32';
  return { g, a: cast(g, left, dtype), b: cast(g, right, dtype), shape: broadcast(a, b) };
};

const arithmetic =
  (emit: (g: Graph, a: Value, b: Value, shape: number[], provider: Provider) => Value): Lowering =>
  (call) => {
    const { g, a, b, shape } = operands(call);
    return emit(g, a, b, shape, call.provider);
  };

const comparison =
  (op: string): Lowering =>
  (call) => {
    const { g, a, b, shape } = operands(call);
    return compare(g, op, a, b, shape);
  };

const logical =
  (op: string): Lowering =>
  (call) => {
    const a = cast(call.graph, input(call, 'a'), 'bool');
    const b = cast(call.graph, input(call, 'b'), 'bool');
    return binary(call.graph, op, a, b, broadcast(a, b), 'bool');
  };

const scalar = (g: Graph, n: number): Value => g.scalar(n);
const square = (g: Graph, x: Value): Value => mul(g, x, x);

function floorDiv(g: Graph, a: Value, b: Value, shape: number[]): Value {
  if (a.dtype === 'float32') return unary(g, 'Floor', div(g, a, b, shape));
  // By 0 it is 0, as a quotient that is no number becomes 0 in an int32; by −1 it is −a.
  return divideWhole(g, b, mul(g, a, b, shape), shape, (divisor) => wholeQuotient(g, a, divisor, shape));
}

/** The remainder has the sign of the divisor, as in Python. */
function floorMod(g: Graph, a: Value, b: Value, shape: number[]): Value {
  if (a.dtype !== 'float32') {
    const remainder = (divisor: Value): Value => binary(g, 'Mod', a, divisor, shape, a.dtype);
    return divideWhole(g, b, g.scalar(0, a.dtype), shape, remainder);
  }
  const rest = g.one('Mod', [a, b], { shape, dtype: 'float32' }, { fmod: 1 });
  const zero = scalar(g, 0);
  const other = binary(g, 'Xor', compare(g, 'Less', rest, zero, shape), compare(g, 'Less', b, zero), shape, 'bool');
  const shifted = binary(g, 'And', other, unary(g, 'Not', compare(g, 'Equal', rest, zero, shape)), shape, 'bool');
  return where(g, shifted, add(g, rest, b, shape), rest, shape);
}

/**
 * Divides int32 numbers. Processors trap on a division by 0, and on that of −2³¹ by −1.
 *
 * @param otherwise the result where the divisor is 0 or −1
 */
function divideWhole(
  g: Graph,
  divisor: Value,
  otherwise: Value,
  shape: number[],
  divide: (divisor: Value) => Value,
): Value {
  const { source } = divisor;
  if (source.kind === 'constant' && !source.data.some((n) => Number(n) === 0 || Number(n) === -1)) {
    return divide(divisor);
  }
  const one = g.scalar(1, 'int32');
  const traps = compare(g, 'Equal', mul(g, divisor, add(g, divisor, one)), g.scalar(0, 'int32'));
  const safe = where(g, traps, one, divisor, divisor.shape);
  return where(g, traps, otherwise, divide(safe), shape);
}

/** Integer division truncates: one less where the signs differ and something remains. */
function wholeQuotient(g: Graph, a: Value, b: Value, shape: number[]): Value {
  const quotient = div(g, a, b, shape);
  const remainder = sub(g, a, mul(g, quotient, b, shape), shape);
  const zero = g.scalar(0, 'int32');
  const inexact = unary(g, 'Not', compare(g, 'Equal', remainder, zero, shape));
  const negative = binary(
    g,
    'Xor',
    compare(g, 'Less', remainder, zero, shape),
    compare(g, 'Less', b, zero),
    shape,
    'bool',
  );
  return sub(g, quotient, cast(g, binary(g, 'And', inexact, negative, shape, 'bool'), 'int32'), shape);
}

/** log(1 + x) and eˣ − 1 lose everything near zero: there, their series. */
function nearZero(g: Graph, x: Value, series: Value, elsewhere: Value): Value {
  return where(g, compare(g, 'Less', unary(g, 'Abs', x), scalar(g, 1e-2)), series, elsewhere, x.shape);
}

function horner(g: Graph, x: Value, coefficients: readonly number[]): Value {
  const [highest = 0, ...rest] = coefficients;
  return rest.reduce<Value>((sum, c) => add(g, mul(g, sum, x, x.shape), scalar(g, c), x.shape), g.scalar(highest));
}

const log1p = (g: Graph, x: Value): Value =>
  nearZero(g, x, mul(g, x, horner(g, x, [1 / 5, -1 / 4, 1 / 3, -1 / 2, 1])), unary(g, 'Log', add(g, x, scalar(g, 1))));

const expm1 = (g: Graph, x: Value): Value =>
  nearZero(g, x, mul(g, x, horner(g, x, [1 / 120, 1 / 24, 1 / 6, 1 / 2, 1])), sub(g, unary(g, 'Exp', x), scalar(g, 1)));

function elu(g: Graph, x: Value): Value {
  return where(g, compare(g, 'GreaterOrEqual', x, scalar(g, 0)), x, expm1(g, x), x.shape);
}

/** 1 above zero, `alpha` at and below it. (tfjs keeps what is no number; a test for that would cost two more passes.) */
function step(g: Graph, x: Value, alpha: number): Value {
  const above = cast(g, compare(g, 'Greater', x, scalar(g, 0)), 'float32');
  return alpha === 0 ? above : add(g, mul(g, above, scalar(g, 1 - alpha)), scalar(g, alpha));
}

/** −1, 0 or 1; 0 for what is no number. */
function sign(g: Graph, x: Value): Value {
  const zero = g.scalar(0, x.dtype);
  const above = cast(g, compare(g, 'Greater', x, zero), x.dtype);
  return sub(g, above, cast(g, compare(g, 'Less', x, zero), x.dtype));
}

function prelu(g: Graph, given: Value, slope: Value): Value {
  const x = cast(g, given, 'float32');
  const alpha = cast(g, slope, 'float32');
  return where(g, compare(g, 'GreaterOrEqual', x, scalar(g, 0)), x, mul(g, x, alpha, x.shape), x.shape);
}

function atan2(g: Graph, y: Value, x: Value, shape: number[]): Value {
  const zero = scalar(g, 0);
  const quotient = unary(g, 'Atan', div(g, y, x, shape));
  const sign = where(g, compare(g, 'Less', y, zero), scalar(g, -Math.PI), scalar(g, Math.PI), y.shape);
  const behind = where(g, compare(g, 'Less', x, zero), add(g, quotient, sign, shape), quotient, shape);
  const onAxis = binary(g, 'And', compare(g, 'Equal', x, zero), compare(g, 'Equal', y, zero), shape, 'bool');
  return where(g, onAxis, zero, behind, shape);
}

function pow(g: Graph, a: Value, b: Value, shape: number[]): Value {
  if (b.splat === 1) return expand(g, a, shape);
  if (b.splat === 2 && a.dtype === 'float32') return expand(g, square(g, a), shape);
  return binary(g, 'Pow', a, b, shape, a.dtype);
}

/** Activations by the names that tfjs's fused kernels use. */
export function activate(call: Call, name: string, x: Value): Value {
  const g = call.graph;
  switch (name) {
    case 'linear':
      return x;
    case 'relu':
      return unary(g, 'Relu', x);
    case 'relu6':
      return g.one('Clip', [x, scalar(g, 0), scalar(g, 6)], x);
    case 'elu':
      return elu(g, x);
    case 'sigmoid':
      return unary(g, 'Sigmoid', x);
    case 'prelu':
      return prelu(g, x, input(call, 'preluActivationWeights'));
    case 'leakyrelu':
      return g.one('LeakyRelu', [x], x, { alpha: { float: numberAttr(call, 'leakyreluAlpha', 0.2) } });
    default:
      throw new CompileError(`${call.kernel}: activation "${name}" cannot be compiled`);
  }
}

const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

export const elementwise: Lowerings = {
  Abs: simple('Abs'),
  Acos: float((g, x) => unary(g, 'Acos', x)),
  Acosh: float((g, x) => unary(g, 'Acosh', x)),
  Asin: float((g, x) => unary(g, 'Asin', x)),
  Asinh: float((g, x) => unary(g, 'Asinh', x)),
  Atan: float((g, x) => unary(g, 'Atan', x)),
  Atanh: float((g, x) => unary(g, 'Atanh', x)),
  Ceil: rounding('Ceil'),
  Cos: float((g, x) => unary(g, 'Cos', x)),
  Cosh: float((g, x) => unary(g, 'Cosh', x)),
  Elu: float(elu),
  Erf: float((g, x) => unary(g, 'Erf', x)),
  Exp: float((g, x) => unary(g, 'Exp', x)),
  Expm1: float(expm1),
  Floor: rounding('Floor'),
  IsNan: question(false, (g, x) => g.one('IsNaN', [x], { shape: x.shape, dtype: 'bool' })),
  IsInf: question(false, (g, x) => compare(g, 'Equal', unary(g, 'Abs', x), scalar(g, Infinity))),
  IsFinite: question(true, (g, x) => compare(g, 'Less', unary(g, 'Abs', x), scalar(g, Infinity))),
  LeakyRelu: (call) =>
    g1(call, (g, given) => {
      const x = cast(g, given, 'float32');
      return g.one('LeakyRelu', [x], x, { alpha: { float: numberAttr(call, 'alpha') } });
    }),
  Log: float((g, x) => unary(g, 'Log', x)),
  Log1p: float(log1p),
  LogicalNot: (call) => unary(call.graph, 'Not', cast(call.graph, input(call, 'x'), 'bool')),
  Neg: simple('Neg'),
  Reciprocal: float((g, x) => unary(g, 'Reciprocal', x)),
  Relu: simple('Relu'),
  Relu6: (call) => g1(call, (g, x) => g.one('Clip', [x, g.scalar(0, x.dtype), g.scalar(6, x.dtype)], x)),
  Round: rounding('Round'),
  Rsqrt: float((g, x) => unary(g, 'Reciprocal', unary(g, 'Sqrt', x))),
  Selu: float((g, x) => {
    const negative = mul(g, expm1(g, x), scalar(g, seluScale * seluAlpha));
    return where(g, compare(g, 'GreaterOrEqual', x, scalar(g, 0)), mul(g, x, scalar(g, seluScale)), negative, x.shape);
  }),
  Sigmoid: float((g, x) => unary(g, 'Sigmoid', x)),
  Sign: (call) => g1(call, sign),
  Sin: float((g, x) => unary(g, 'Sin', x)),
  Sinh: float((g, x) => unary(g, 'Sinh', x)),
  Softplus: float((g, x) => unary(g, 'Softplus', x)),
  Sqrt: float((g, x) => unary(g, 'Sqrt', x)),
  Square: (call) => g1(call, square),
  Step: (call) => g1(call, (g, x) => cast(g, step(g, cast(g, x, 'float32'), numberAttr(call, 'alpha', 0)), x.dtype)),
  Tan: float((g, x) => unary(g, 'Tan', x)),
  Tanh: float((g, x) => unary(g, 'Tanh', x)),

  Cast: (call) => {
    const x = input(call, 'x');
    const dtype = dtypeAttr(call);
    return dtype === 'int32' ? toInt32(call.graph, call.provider, x) : cast(call.graph, x, dtype);
  },
  ClipByValue: (call) =>
    g1(call, (g, x) => {
      const bound = (name: string): Value => g.scalar(numberAttr(call, name), x.dtype);
      return g.one('Clip', [x, bound('clipValueMin'), bound('clipValueMax')], x);
    }),

  Add: arithmetic((g, a, b, shape, provider) => axpy(g, provider, a, b, 1) ?? add(g, a, b, shape)),
  AddN: (call) => {
    const [first, ...rest] = inputList(call);
    if (!first) throw new CompileError('AddN: no input');
    return rest.reduce((sum, v) => add(call.graph, sum, v), first);
  },
  Atan2: arithmetic(atan2),
  // An integer for floats, too: so does the tfjs CPU backend.
  FloorDiv: arithmetic((g, a, b, shape, provider) => toInt32(g, provider, floorDiv(g, a, b, shape))),
  Maximum: arithmetic((g, a, b, shape) => binary(g, 'Max', a, b, shape, a.dtype)),
  Minimum: arithmetic((g, a, b, shape) => binary(g, 'Min', a, b, shape, a.dtype)),
  Mod: arithmetic(floorMod),
  Multiply: arithmetic(mul),
  Pow: arithmetic(pow),
  RealDiv: arithmetic((g, a, b, shape) => div(g, cast(g, a, 'float32'), cast(g, b, 'float32'), shape)),
  SquaredDifference: arithmetic((g, a, b, shape) => square(g, sub(g, a, b, shape))),
  Sub: arithmetic(
    (g, a, b, shape, provider) =>
      axpy(g, provider, a, b, -1) ?? softmaxGradient(g, a, b) ?? sub(g, unguarded(a, b), b, shape),
  ),
  Prelu: (call) => prelu(call.graph, input(call, 'x'), input(call, 'alpha')),
  EluGrad: (call) => {
    const g = call.graph;
    const dy = input(call, 'dy');
    const y = input(call, 'y');
    const negative = mul(g, dy, add(g, y, scalar(g, 1)));
    return where(g, compare(g, 'GreaterOrEqual', y, scalar(g, 0)), dy, negative, y.shape);
  },

  Equal: comparison('Equal'),
  NotEqual: (call) => {
    const { g, a, b, shape } = operands(call);
    return unary(g, 'Not', compare(g, 'Equal', a, b, shape));
  },
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
};

function g1(call: Call, emit: (g: Graph, x: Value) => Value): Value {
  return emit(call.graph, input(call, 'x'));
}
