import type { Attack } from './attack';
import { audioAttacks } from './corpora/audio';
import { cardAttacks } from './corpora/cards';
import { tableAttacks } from './corpora/tables';

/** Corpora that others made: audio, cards, tables, and what `ser data init` looks at. */
export const attacks = (): Attack[] => [...audioAttacks(), ...cardAttacks(), ...tableAttacks()];
