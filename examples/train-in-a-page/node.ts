import * as tf from '@tensorflow/tfjs';
import { train } from './train';

await tf.setBackend('cpu');
await train(40, 'cpu', (line) => {
  console.log(line);
});
