/** npm run bench -- NAME [options]: the benchmarks that stand beside peers. A package's own: nx run <package>:bench. */
import { flamStep, help } from './flam-step/index';

const [name, ...args] = process.argv.slice(2);
if (args.includes('--help') || name === undefined || name === '--help') {
  console.log(help);
} else if (name === 'flam-step') {
  await flamStep(args);
} else {
  console.error(`bench: no benchmark is called "${name}": expected flam-step`);
  process.exit(2);
}
