// A process of its own that takes a lease, writes into a shared log while it holds it, and gives it back.
import { appendFileSync } from 'node:fs';
import { takeLease } from '../lease';

const [path = '', log = '', ms = '0'] = process.argv.slice(2);
const lease = await takeLease(path, { purpose: 'tests', wait: true });
appendFileSync(log, `in ${process.pid}\n`);
const end = Date.now() + Number(ms);
while (Date.now() < end); // busy, as a long computation is: the thread of the signs of life must not mind
lease.check();
appendFileSync(log, `out ${process.pid}\n`);
lease.release();
