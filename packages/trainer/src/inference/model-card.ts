import { basename } from 'node:path';
import type { ModelDescription } from '@ser/recognize';
import { stringify } from 'yaml';
import type { Config } from '../config/schema';
import { snippets } from './snippets';
import type { Measured, TrainingRecord } from './training-record';

/** What a card is made of: the description that lies beside the model, with its training record. */
export type Described = ModelDescription & { readonly training: TrainingRecord };

/**
 * A model card for the Hugging Face hub and for people: a YAML header with licence and results, then what the model is,
 * how it is used, what it was trained and tested on, how well it did, and what it is not for.
 */
export function modelCard(description: Described, config: Config): string {
  const sections = [
    [`# ${description.name}`, '', summary(description)],
    ['## Use', '', ...use(description)],
    ['## In and out', '', ...inAndOut(description)],
    ['## Model', '', ...model(description, config)],
    ['## Data and results', '', ...results(description)],
    ['## License', '', ...license(description)],
    ['## Limits', '', ...limits(description)],
    ['## Made with', '', ...Object.entries(description.versions ?? {}).map(([name, of]) => `- ${name} ${of}`)],
  ];
  return `---\n${stringify(header(description))}---\n\n${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function header({ name, training }: Described): Record<string, unknown> {
  const { corpus, crossValidation, fold, allData, testSets = [] } = training;
  const metric = (type: string, label: string, value: number, of?: Measured): Record<string, unknown> => ({
    type,
    name: of ? `${label}, 95 % interval ${of.low.toFixed(4)} to ${of.high.toFixed(4)}` : label,
    value: Number(value.toFixed(4)),
  });
  const measured = ({ wa, ua }: { readonly wa: Measured; readonly ua: Measured }): Record<string, unknown>[] => [
    metric('accuracy', 'Weighted accuracy', wa.value, wa),
    metric('recall', 'Unweighted accuracy (mean recall)', ua.value, ua),
  ];
  const metrics = crossValidation
    ? measured(crossValidation)
    : fold
      ? [
          metric('accuracy', 'Weighted accuracy', fold.wa),
          metric('recall', 'Unweighted accuracy (mean recall)', fold.ua),
        ]
      : [];
  const split = allData
    ? 'cross-validation of the same settings; this model was trained on all data'
    : crossValidation
      ? `test speakers of ${crossValidation.folds} of ${crossValidation.of} folds`
      : `test speakers of fold ${fold?.fold ?? '?'}`;
  const task = { type: 'audio-classification', name: 'Speech emotion recognition' };
  const dataset = { type: corpus.name, name: corpus.title ?? corpus.name, split };
  const sets = testSets.map((set) => ({ task, dataset: { ...dataset, split: set.name }, metrics: measured(set) }));
  const results = sets.length > 0 ? sets : metrics.length > 0 ? [{ task, dataset, metrics }] : [];
  return {
    ...licenseHeader(training),
    ...(corpus.language ? { language: corpus.language } : {}),
    library_name: 'onnx',
    pipeline_tag: 'audio-classification',
    tags: ['speech-emotion-recognition', 'onnx', 'audio'],
    datasets: [corpus.name],
    metrics: ['accuracy', 'recall'],
    'model-index': [{ name, results }],
  };
}

/** The hub's name of a Creative Commons licence; any other by its own name. */
function licenseHeader({ corpus }: TrainingRecord): Record<string, unknown> {
  const { license } = corpus;
  if (!license) return { license: 'unknown' };
  if (/^CC[ -]/i.test(license.name)) return { license: license.name.toLowerCase().replaceAll(' ', '-') };
  return { license: 'other', license_name: license.name, ...(license.url ? { license_link: license.url } : {}) };
}

const summary = ({ labels }: Described): string =>
  `Speech emotion recognition: one of ${labels.length} labels (${labels.join(', ')}) for a recording of speech.`;

function use({ file }: Described): string[] {
  const { node, python, page } = snippets(basename(file, '.onnx'));
  const block = (title: string, language: string, code: string): string[] => [
    title,
    '',
    `\`\`\`${language}`,
    code.trimEnd(),
    '```',
    '',
  ];
  return [
    ...block('In Node:', 'js', node),
    ...block('In Python:', 'python', python),
    ...block('In a page, served from a folder with the model, its JSON file and `node_modules`:', 'html', page),
  ].slice(0, -1);
}

function inAndOut(description: Described): string[] {
  const { labels, sampleRate, windowSamples, hopSamples, framesPerSecond, embeddingSize } = description;
  const seconds = (samples: number): string => `${samples / sampleRate} s`;
  const { trimSilenceDb, maxSamples, minSamples, temperature } = description;
  return [
    `- \`waveform\` float32 [batch, samples]: mono, ${sampleRate} Hz, in [−1, 1], as recorded; \`lengths\` int64 [batch]: samples of each row, what is behind is not looked at`,
    `- \`probabilities\` [batch, ${labels.length}] in the order above, NaN for a row with less than ${minSamples} samples of sound; \`embedding\` [batch, ${embeddingSize}]`,
    `- \`window_probabilities\` [windows, ${labels.length}], \`attention\` [windows, frames] at ${framesPerSecond} frames a second, \`windows\` int64 [windows, 4]: row, first sample, sample after the last, frames`,
    ...(trimSilenceDb === undefined
      ? []
      : [`- Silence more than ${trimSilenceDb} dB below the loudest 25 ms is cut from both ends, inside the model`]),
    ...(temperature === undefined
      ? []
      : [
          `- Probabilities are calibrated: logits are divided by ${temperature.toFixed(3)}, fitted on inner validation speakers`,
        ]),
    `- Recordings longer than ${seconds(windowSamples)} are heard in windows of that length, ${seconds(hopSamples)} apart, inside the model; the result is their mean` +
      (maxSamples === undefined ? '' : `. The encoder takes at most ${seconds(maxSamples)} at a time`),
  ];
}

function model(description: Described, config: Config): string[] {
  const { operators, precision, bytes, sha256, file, loss, training } = description;
  const { encoder } = training;
  const sets = Object.entries(operators).map(([domain, version]) => `${domain} ${version}`);
  const percent = (share: number | undefined): string => `${(100 * (share ?? NaN)).toFixed(2)} %`;
  return [
    `- Encoder: ${encoder.kind}${encoder.name ? ` (${encoder.name})` : ''}, layer ${config.layer}, tuned: ${config.tune}`,
    `- Pooling: ${config.pool}${config.pool === 'flam' ? ` (${config.heads} heads)` : ''}; mixing: ${config.mix}; losses: ${config.losses.join(', ')}`,
    `- Training: ${config.epochs} epochs, batch ${config.batchSize}, Adam ${config.lr} (model), ${config.encoderLr ?? config.lr} (encoder), ${config.centerLr} (centers), seed ${config.seed}`,
    `- File: ${file}, ${(bytes / 2 ** 20).toFixed(1)} MiB, weights in ${precision}, ONNX operators ${sets.join(', ')}${'com.microsoft' in operators ? ' (needs ONNX Runtime)' : ''}, SHA-256 ${sha256}`,
    ...(loss
      ? [
          `- ${precision} against fp32 on ${loss['utterances']} test recordings: WA ${percent(loss['wa'])} against ${percent(loss['fp32Wa'])}, UA ${percent(loss['ua'])} against ${percent(loss['fp32Ua'])}; ${loss['changedLabels']} get another label`,
        ]
      : precision === 'fp32'
        ? []
        : [`- The loss of accuracy by ${precision} was not measured`]),
  ];
}

function results({ training }: Described): string[] {
  const { corpus, fold, allData, crossValidation, testSets = [], stamp } = training;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const measured = ({ value, low, high }: Measured): string =>
    `${percent(value)} (95 % interval ${percent(low)} to ${percent(high)})`;
  return [
    `- Corpus: ${corpus.title ?? corpus.name}`,
    ...(corpus.citation ? [`- Citation: ${corpus.citation}`] : []),
    ...(corpus.url ? [`- Source: ${corpus.url}`] : []),
    ...(fold
      ? [
          `- Trained on ${fold.trainUtterances} utterances of ${fold.trainGroups.join(', ')}`,
          `- Tested on fold ${fold.fold}: ${fold.testUtterances} utterances of ${fold.testGroups.join(', ')}${stamp ? '' : ', who are not in training'}${testSets.length > 0 ? '' : `: WA ${percent(fold.wa)}, UA ${percent(fold.ua)}`}`,
        ]
      : allData
        ? [
            `- Trained on all ${allData.utterances} utterances of ${allData.speakers} speakers; none was left to test this model on`,
          ]
        : ['- No finished fold beside the model: no result is known']),
    ...(crossValidation
      ? [
          `- ${allData ? 'Estimate: cross-validation of the same settings on the same data, whose models were trained on a part of it' : `${crossValidation.folds} of ${crossValidation.of} folds of its run`}, ${crossValidation.utterances} utterances of test speakers: WA ${measured(crossValidation.wa)}, UA ${measured(crossValidation.ua)}`,
        ]
      : allData && testSets.length === 0
        ? ['- No estimate: there is no finished cross-validation of the same settings on the same data']
        : []),
    ...testSets.map(
      ({ name, utterances, wa, ua }) => `- ${name}, ${utterances} utterances: WA ${measured(wa)}, UA ${measured(ua)}`,
    ),
    ...(stamp ? [`- ${stamp}`] : []),
  ];
}

function license({ training }: Described): string[] {
  const { corpus, encoder } = training;
  const { license: of } = corpus;
  return [
    of
      ? `The corpus is under ${of.name}${of.url ? ` (${of.url})` : ''}; its terms go with this model.${of.note ? ` ${of.note}` : ''}`
      : 'The licence of the corpus is not known here; its terms go with this model.',
    ...(encoder.name
      ? [`So do those of the pre-trained encoder (${encoder.name}). Check both before you pass it on.`]
      : []),
  ];
}

const limits = ({ training }: Described): string[] => [
  '- It tells acted or elicited expressions of its corpus apart; it does not know what a person feels.',
  '- Other languages, ages, microphones, noise and spontaneous speech lower its accuracy by an unknown amount: measure it.',
  '- Probabilities are not calibrated for another setting. Not for decisions about people.',
  ...(training.corpus.name === 'demo' ? ['- Trained on synthetic voices: it is of no use on real speech.'] : []),
];
