import { train } from './train';

const output = document.querySelector('pre');
const { accuracy, spread } = train(60, (line) => (output.textContent += `${line}\n`));
output.textContent += `accuracy ${(100 * accuracy).toFixed(1)} %, spread ${spread.toFixed(2)}\n`;
document.title = 'done';
