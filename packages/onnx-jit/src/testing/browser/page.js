import { runSample } from './run-sample';

const provider = new URLSearchParams(location.search).get('provider') ?? 'cpu';
document.querySelector('pre').textContent = JSON.stringify(await runSample(provider));
document.title = 'done';
