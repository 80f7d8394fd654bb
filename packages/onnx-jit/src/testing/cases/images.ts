import * as tf from '@tensorflow/tfjs';
import type { Case } from '../case';
import { bools, exactly, floats, ints } from '../sample';

const noGradient = 'tfjs has none';
const as4d = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;

type Resize = (images: tf.Tensor4D, size: [number, number], corners?: boolean, half?: boolean) => tf.Tensor4D;

/** tfjs gives the gradient of a bilinear resizing height and width exchanged, and of a nearest one for one image only. */
const resizes: Case[] = (
  [
    ['resizeNearestNeighbor', tf.image.resizeNearestNeighbor],
    ['resizeBilinear', tf.image.resizeBilinear],
  ] as const
).flatMap(([name, given]) => {
  const resize = given as Resize;
  return (
    [
      [
        [4, 4],
        [8, 8],
      ],
      [
        [4, 4],
        [2, 2],
      ],
      [
        [5, 5],
        [7, 3],
      ],
      [
        [3, 3],
        [1, 1],
      ],
      [
        [4, 4],
        [4, 4],
      ],
    ] as const
  ).flatMap(([from, to]): Case[] => [
    {
      name: `${name} from ${from} to ${to}`,
      inputs: [floats([1, ...from, 3])],
      fn: (x) => resize(as4d(x!), [to[0], to[1]]),
    },
    {
      name: `${name} from ${from} to ${to}, corners aligned`,
      inputs: [floats([1, ...from, 2])],
      fn: (x) => resize(as4d(x!), [to[0], to[1]], true),
    },
    {
      name: `${name} from ${from} to ${to}, by the centres of pixels`,
      inputs: [floats([1, ...from, 2])],
      fn: (x) => resize(as4d(x!), [to[0], to[1]], false, true),
      noGradient: 'tfjs takes the gradient as if the corners of pixels met',
    },
  ]);
});

const others: Case[] = [
  {
    name: 'resizes of images that are no squares, and of int32',
    inputs: [floats([1, 2, 5, 2]), ints([1, 3, 2, 1])],
    fn: (x, i) => [
      tf.image.resizeBilinear(as4d(x!), [3, 7]),
      tf.image.resizeNearestNeighbor(as4d(x!), [3, 7]),
      tf.image.resizeNearestNeighbor(as4d(i!), [5, 3]),
      tf.image.resizeBilinear(as4d(i!), [5, 3]),
    ],
    noGradient: 'tfjs exchanges height and width in it',
  },
  ...(['bilinear', 'nearest'] as const).map((method): Case => ({
    name: `cropAndResize, ${method}`,
    inputs: [
      floats([2, 5, 4, 3]),
      exactly([0, 0, 1, 1, 0.2, 0.1, 0.7, 0.8, 0.8, 0.9, 0.1, 0.2, -0.5, 0.3, 1.5, 0.6], [4, 4]),
      exactly([0, 1, 0, 1], [4], 'int32'),
    ],
    fn: (x, boxes, index) => [
      tf.image.cropAndResize(as4d(x!), boxes as tf.Tensor2D, index as tf.Tensor1D, [3, 4], method, 7),
      tf.image.cropAndResize(as4d(x!), boxes as tf.Tensor2D, index as tf.Tensor1D, [1, 1], method),
    ],
    noGradient,
  })),
  {
    name: 'flipLeftRight',
    inputs: [floats([2, 2, 3, 2])],
    fn: (x) => tf.image.flipLeftRight(as4d(x!)),
    noGradient,
  },
  ...[floats([4, 4, 6, 1]), ints([4, 4, 6, 1]), bools([4, 4, 6, 1])].flatMap((x): Case[] => [
    {
      name: `spaceToBatchND and batchToSpaceND of ${x.dtype}`,
      inputs: [x],
      fn: (t) => [
        tf.spaceToBatchND(
          t!,
          [2, 3],
          [
            [0, 0],
            [2, 1],
          ],
        ),
        tf.batchToSpaceND(
          t!,
          [2, 2],
          [
            [1, 0],
            [0, 2],
          ],
        ),
      ],
      noGradient: 'tfjs loses an axis in it',
    },
  ]),
  {
    name: 'dilated pooling',
    inputs: [floats([1, 6, 6, 2])],
    fn: (x) => [
      tf.pool(as4d(x!), [2, 2], 'max', 'same', [2, 2], 1),
      tf.pool(as4d(x!), [2, 2], 'avg', 'valid', [2, 2], 1),
    ],
    noGradient: 'tfjs loses an axis in it',
  },
  {
    name: 'depthToSpace',
    inputs: [floats([2, 2, 3, 8])],
    fn: (x) => tf.depthToSpace(as4d(x!), 2),
    noGradient,
  },
];

export const imageCases: readonly Case[] = [...resizes, ...others];
