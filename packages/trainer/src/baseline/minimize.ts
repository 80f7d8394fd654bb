/** A function of many numbers and its gradient. */
export type Objective = (x: Float64Array) => Promise<{ readonly value: number; readonly gradient: Float64Array }>;

export interface MinimizeOptions {
  /** Ends when no component of the gradient is larger. */
  readonly tolerance: number;
  readonly iterations: number;
  readonly signal?: AbortSignal;
}

/** Steps remembered for the shape of the function. */
const memory = 10;

/**
 * Minimises a smooth convex function by L-BFGS (Nocedal and Wright, Algorithm 7.5) with step lengths that satisfy Armijo's
 * condition. Deterministic: the same function and start give the same result.
 */
export async function minimize(f: Objective, start: Float64Array, options: MinimizeOptions): Promise<Float64Array> {
  let x = start;
  let here = await f(x);
  const steps: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    options.signal?.throwIfAborted();
    if (here.gradient.every((g) => Math.abs(g) <= options.tolerance)) break;
    const direction = descent(here.gradient, steps);
    const slope = dot(direction, here.gradient);
    let length = iteration === 0 ? Math.min(1, 1 / Math.sqrt(dot(here.gradient, here.gradient))) : 1;
    let next = moved(x, direction, length);
    let there = await f(next);
    for (let halvings = 0; !(there.value <= here.value + 1e-4 * length * slope); halvings++) {
      if (halvings === 30) return x; // at the precision of the function's numbers
      length /= 2;
      next = moved(x, direction, length);
      there = await f(next);
    }
    const s = next.map((value, i) => value - (x[i] ?? 0));
    const y = there.gradient.map((value, i) => value - (here.gradient[i] ?? 0));
    const curvature = dot(s, y);
    if (curvature > Number.EPSILON * dot(y, y)) {
      steps.push({ s, y, rho: 1 / curvature });
      if (steps.length > memory) steps.shift();
    }
    x = next;
    here = there;
  }
  return x;
}

/** −H g, with the inverse Hessian H as the last steps suggest it. */
function descent(
  gradient: Float64Array,
  steps: readonly { s: Float64Array; y: Float64Array; rho: number }[],
): Float64Array {
  const q = gradient.slice();
  const alphas: number[] = [];
  for (const { s, y, rho } of [...steps].reverse()) {
    const alpha = rho * dot(s, q);
    alphas.unshift(alpha);
    add(q, y, -alpha);
  }
  const last = steps.at(-1);
  if (last) scale(q, dot(last.s, last.y) / dot(last.y, last.y));
  steps.forEach(({ s, y, rho }, i) => add(q, s, (alphas[i] ?? 0) - rho * dot(y, q)));
  return scale(q, -1);
}

const moved = (x: Float64Array, direction: Float64Array, length: number): Float64Array =>
  x.map((value, i) => value + length * (direction[i] ?? 0));

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function add(to: Float64Array, x: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) + factor * (x[i] ?? 0);
}

function scale(x: Float64Array, factor: number): Float64Array {
  for (let i = 0; i < x.length; i++) x[i] = (x[i] ?? 0) * factor;
  return x;
}
