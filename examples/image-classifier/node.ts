// node --conditions=@ser/source --import tsx examples/image-classifier/node.ts
import { train } from './train';

const { accuracy, spread } = train(60, (line) => {
  console.log(line);
});
console.log(`accuracy ${(100 * accuracy).toFixed(1)} %, spread ${spread.toFixed(2)}`);
