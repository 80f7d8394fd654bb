import { InputError } from '@ser/files';
import { LIMITS } from '../limits';
import { shownName } from '../shown';
import { createCursor, type PickleCursor } from './pickle-cursor';
import { createStack, type PickleStack } from './pickle-stack';
import { globalOf, resultOf, storageOf, type Refuse } from './pickle-values';

/**
 * Reads a pickle of tensors (protocols 2 to 5). It is a small machine of its own: it knows the opcodes that torch
 * writes and builds strings, numbers, lists, dictionaries (as Map) and tensors. Any other name, and any opcode that
 * could call something, is refused. It ends after a number of steps that a list of tensors does not need.
 *
 * @param where named in errors
 * @throws {InputError} with the name or the opcode that was refused
 */
export function unpickle(bytes: Uint8Array, where: string): unknown {
  const refuse: Refuse = (what) => {
    throw new InputError(`${where}: refused: ${shownName(what)} (a checkpoint may hold tensors and nothing else)`);
  };
  let steps = 0;
  const machine: Machine = {
    read: createCursor(bytes, refuse),
    stack: createStack(refuse),
    memo: new Map(),
    spend: (count) => {
      steps += count;
      if (steps > LIMITS.pickleSteps) refuse(`more than ${LIMITS.pickleSteps} steps`);
    },
    refuse,
  };
  for (;;) {
    machine.spend(1);
    const code = machine.read.byte();
    if (code === STOP) return machine.stack.pop();
    const opcode = OPCODES.get(code) ?? refuse(`pickle opcode 0x${code.toString(16)}`);
    opcode(machine);
  }
}

interface Machine {
  readonly read: PickleCursor;
  readonly stack: PickleStack;
  readonly memo: Map<number, unknown>;
  /** Counts work; too much of it is refused. */
  spend(steps: number): void;
  readonly refuse: Refuse;
}

type Opcode = (machine: Machine) => void;

/** An opcode that pushes one value. */
const push =
  (value: (machine: Machine) => unknown): Opcode =>
  (machine) =>
    machine.stack.push(value(machine));

const STOP = 0x2e;

/** Code, its name in Python's `pickletools`, and what it does. */
const TABLE: readonly (readonly [code: number | string, name: string, run: Opcode])[] = [
  [0x80, 'PROTO', ({ read, refuse }) => void (read.byte() > 5 && refuse('a pickle protocol above 5'))],
  [0x95, 'FRAME', ({ read }) => read.skip(8)],

  ['N', 'NONE', push(() => null)],
  [0x88, 'NEWTRUE', push(() => true)],
  [0x89, 'NEWFALSE', push(() => false)],
  ['K', 'BININT1', push(({ read }) => read.byte())],
  ['M', 'BININT2', push(({ read }) => read.uint16())],
  ['J', 'BININT', push(({ read }) => read.int32())],
  [0x8a, 'LONG1', push(({ read }) => read.long(read.byte()))],
  ['G', 'BINFLOAT', push(({ read }) => read.float64())],
  ['X', 'BINUNICODE', push(({ read }) => read.text(read.uint32()))],
  [0x8c, 'SHORT_BINUNICODE', push(({ read }) => read.text(read.byte()))],

  ['(', 'MARK', ({ stack }) => stack.mark()],
  ['0', 'POP', ({ stack }) => void stack.pop()],
  // Tuples are lists here.
  [')', 'EMPTY_TUPLE', push(() => [])],
  [0x85, 'TUPLE1', push(({ stack }) => stack.popMany(1))],
  [0x86, 'TUPLE2', push(({ stack }) => stack.popMany(2))],
  [0x87, 'TUPLE3', push(({ stack }) => stack.popMany(3))],
  ['t', 'TUPLE', push(({ stack }) => stack.popToMark())],
  [']', 'EMPTY_LIST', push(() => [])],
  ['a', 'APPEND', (machine) => append(machine, [machine.stack.pop()])],
  ['e', 'APPENDS', (machine) => append(machine, machine.stack.popToMark())],
  ['}', 'EMPTY_DICT', push(() => new Map())],
  ['s', 'SETITEM', (machine) => setItems(machine, machine.stack.popMany(2))],
  ['u', 'SETITEMS', (machine) => setItems(machine, machine.stack.popToMark())],

  ['q', 'BINPUT', ({ memo, read, stack }) => void memo.set(read.byte(), stack.top())],
  ['r', 'LONG_BINPUT', ({ memo, read, stack }) => void memo.set(read.uint32(), stack.top())],
  [0x94, 'MEMOIZE', ({ memo, stack }) => void memo.set(memo.size, stack.top())],
  ['h', 'BINGET', push((machine) => remembered(machine, machine.read.byte()))],
  ['j', 'LONG_BINGET', push((machine) => remembered(machine, machine.read.uint32()))],

  ['c', 'GLOBAL', push(({ read, refuse }) => globalOf(read.line(), read.line(), refuse))],
  [0x93, 'STACK_GLOBAL', push(stackGlobal)],
  ['Q', 'BINPERSID', push(({ stack, refuse }) => storageOf(stack.pop(), refuse))],
  ['R', 'REDUCE', push(reduce)],
  ['b', 'BUILD', dropAttributes],
];

const OPCODES: ReadonlyMap<number, Opcode> = new Map(
  TABLE.map(([code, , run]) => [typeof code === 'string' ? code.charCodeAt(0) : code, run]),
);

function append({ stack, refuse }: Machine, items: readonly unknown[]): void {
  const list = stack.top();
  if (!Array.isArray(list)) return refuse('items for something that is no list');
  for (const item of items) list.push(item);
}

function setItems({ stack, refuse }: Machine, items: readonly unknown[]): void {
  const map = stack.top();
  if (!(map instanceof Map)) return refuse('keys for something that is no dictionary');
  for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1]);
}

function remembered({ memo, refuse }: Machine, index: number): unknown {
  return memo.has(index) ? memo.get(index) : refuse(`entry ${index} of the memo, which is not there`);
}

function stackGlobal({ stack, refuse }: Machine): unknown {
  const [module, name] = stack.popMany(2);
  if (typeof module !== 'string' || typeof name !== 'string') return refuse('a name that is no string');
  return globalOf(module, name, refuse);
}

function reduce({ stack, spend, refuse }: Machine): unknown {
  const [callee, args] = stack.popMany(2);
  // One list can be the argument of many calls, each of which walks through it.
  const [first] = Array.isArray(args) ? (args as unknown[]) : [];
  if (Array.isArray(first)) spend(first.length);
  return resultOf(callee, args, refuse);
}

/** Attributes of a dictionary (torch puts its version numbers there) are read and not used. */
function dropAttributes({ stack, refuse }: Machine): void {
  stack.pop();
  if (!(stack.top() instanceof Map)) refuse('attributes of something that is no dictionary');
}
