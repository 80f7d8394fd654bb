import { labelJudge } from './label-shares';

const labels = {
  classes: ['calm', 'upset'],
  map: { calm: 'calm', angry: 'upset', annoyed: 'upset', Ärger: 'upset' },
  ignore: ['unclear'],
};
const judge = labelJudge(labels);

test('labels are compared without case, outer spaces and Unicode variants', () => {
  expect(judge([[' A\u0308RGER ', 1]], 'x')).toEqual({ label: 'upset' });
  expect(() => judge([['arger', 1]], 'x.csv:3')).toThrow(
    'x.csv:3: unknown label "arger"; expected one of calm, angry, annoyed, Ärger, unclear',
  );
});

test('several opinions are a distribution over the classes, and merged labels count together', () => {
  expect(
    judge(
      [
        ['angry', 1],
        ['calm', 1],
        ['annoyed', 1],
        ['angry', 1],
      ],
      'x',
    ),
  ).toEqual({
    label: 'upset',
    distribution: [0.25, 0.75],
  });
  expect(
    judge(
      [
        ['calm', 0.75],
        ['angry', 0.25],
      ],
      'x',
    ),
  ).toEqual({ label: 'calm', distribution: [0.75, 0.25] });
  // Who could not tell says nothing about the classes, and counts against agreement.
  expect(
    judge(
      [
        ['calm', 2],
        ['unclear', 1],
      ],
      'x',
    ),
  ).toEqual({ label: 'calm', distribution: [1, 0] });
  expect(
    judge(
      [
        ['calm', 2],
        ['calm', 1],
      ],
      'x',
    ),
  ).toEqual({ label: 'calm' });
});

test('no most frequent opinion, an ignored one, too little agreement', () => {
  expect(
    judge(
      [
        ['calm', 1],
        ['angry', 1],
      ],
      'x',
    ),
  ).toEqual({ leftOut: 'without a most frequent label' });
  expect(
    judge(
      [
        ['calm', 1],
        ['unclear', 2],
      ],
      'x',
    ),
  ).toEqual({ leftOut: 'unclear' });
  expect(judge([], 'x')).toEqual({ leftOut: 'without a label' });
  const strict = labelJudge({ ...labels, agreement: 0.7 });
  expect(
    strict(
      [
        ['calm', 2],
        ['angry', 1],
      ],
      'x',
    ),
  ).toEqual({ leftOut: 'with agreement below 0.7' });
  expect(
    labelJudge({ ...labels, soft: false })(
      [
        ['calm', 2],
        ['angry', 1],
      ],
      'x',
    ),
  ).toEqual({ label: 'calm' });
});
