/**
 * Everything that is random about one mix (paper, Sec. 2.2): small, plain and serialisable, so that an epoch can be
 * written down, repeated, resumed or split between machines before any audio is read.
 */
export interface MixPlan {
  /** Index i of the utterance that is kept, in the caller's list. */
  dominant: number;
  /** Index j of the utterance that is overlaid, in the caller's list; never equal to `dominant`. */
  interferer: number;
  /** Length l_mix of both segments, in samples: 1 ≤ l_mix < l_i / 2 and l_mix ≤ l_j. */
  mixLength: number;
  /** Start s_i of the segment in the dominant utterance, in samples. */
  dominantStart: number;
  /** Start s_j of the segment in the interfering utterance, in samples. */
  interfererStart: number;
  /** Energy of the dominant segment over that of the scaled interferer, in dB. */
  snrDb: number;
}
