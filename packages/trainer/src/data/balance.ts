import { shuffled, type Random } from '../random';

/**
 * As many utterances as there are, every class equally often (the counts differ by one at most, which classes have one
 * more is random), and within a class every utterance equally often (again up to one): one of a rare class comes several
 * times, of a frequent class a random part.
 *
 * @param classes class of each utterance
 * @returns places in `classes`
 */
export function drawBalanced(classes: readonly number[], random: Random): number[] {
  const members = new Map<number, number[]>();
  for (const [place, label] of classes.entries()) {
    const places = members.get(label);
    if (places) places.push(place);
    else members.set(label, [place]);
  }
  const order = shuffled(
    [...members].sort(([a], [b]) => a - b),
    random,
  );
  const least = Math.floor(classes.length / order.length);
  const more = classes.length % order.length;
  return order.flatMap(([, places], i) => repeated(places, least + (i < more ? 1 : 0), random));
}

/** `count` of the places: all of them in random order, again and again. */
function repeated(places: readonly number[], count: number, random: Random): number[] {
  const drawn: number[] = [];
  while (drawn.length < count) drawn.push(...shuffled(places, random).slice(0, count - drawn.length));
  return drawn;
}
