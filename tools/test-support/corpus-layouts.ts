import { encode } from 'node-wav';

/** A small corpus in the true layout of a large one: paths to contents. The audio is synthetic. */
export interface CorpusLayout {
  readonly name: string;
  /** Where the layout is described. */
  readonly source: string;
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** The card of the package that `ser data init` points to, in place of one that it writes. */
  readonly card?: string;
  /** Flags that the run needs, said by `ser data init`. */
  readonly flags: readonly string[];
  /** What is to be found. */
  readonly speakers: number;
  readonly utterances: number;
  readonly classes: number;
}

/** 0.4 s whose pitch is the speaker's and whose sweep is the label's, as a WAV file of 16 kHz. */
function sound(speaker: number, label: number, take: number, seconds = 0.4): Uint8Array {
  let state = 1000 * speaker + 100 * label + take + 1;
  const noise = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const samples = Float32Array.from({ length: Math.round(16_000 * seconds) }, (_, n) => {
    const t = n / 16_000;
    const pitch = 110 + 14 * speaker + 35 * label * t;
    return 0.2 * Math.sin(2 * Math.PI * pitch * t * (1 + 0.2 * label)) + 0.02 * noise();
  });
  return encode([samples], { sampleRate: 16_000, float: false, bitDepth: 16 });
}

const two = (n: number): string => String(n).padStart(2, '0');
const four = (n: number): string => String(n).padStart(4, '0');

/** Every combination of speaker, label and take, in the paths that `at` gives. */
function grid(
  speakers: readonly string[],
  labels: readonly string[],
  takes: readonly string[],
  at: (speaker: string, label: string, take: string, n: number) => string,
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [s, speaker] of speakers.entries())
    for (const [l, label] of labels.entries())
      for (const [t, take] of takes.entries()) files.set(at(speaker, label, take, files.size), sound(s, l, t));
  return files;
}

const csv = (separator: string, rows: readonly (readonly (string | number)[])[]): string =>
  `${rows.map((row) => row.join(separator)).join('\n')}\n`;

/** Twelve layouts, made from public descriptions. */
export function corpusLayouts(): CorpusLayout[] {
  return [
    {
      name: 'CREMA-D',
      source: 'github.com/CheyneyComputerScience/CREMA-D, README',
      files: grid(
        ['1001', '1002', '1003', '1004'],
        ['ANG', 'DIS', 'FEA', 'HAP', 'NEU', 'SAD'],
        ['DFA', 'IEO'],
        (speaker, label, sentence) => `AudioWAV/${speaker}_${sentence}_${label}_XX.wav`,
      ),
      flags: [],
      speakers: 4,
      utterances: 48,
      classes: 6,
    },
    {
      name: 'EMO-DB',
      source: 'emodb.bilderbar.info, "Code of the file names"',
      files: grid(
        ['03', '08', '09'],
        ['W', 'L', 'E', 'A', 'F', 'T', 'N'],
        ['a01', 'a02', 'b03'],
        (speaker, label, text) => `wav/${speaker}${text}${label}a.wav`,
      ),
      flags: [],
      speakers: 3,
      utterances: 63,
      classes: 7,
    },
    {
      name: 'TESS',
      source: 'doi.org/10.5683/SP2/E8H2MF',
      files: grid(
        ['OAF', 'YAF'],
        ['angry', 'disgust', 'fear', 'happy', 'neutral', 'ps', 'sad'],
        ['back', 'bar', 'base', 'bath'],
        (speaker, label, word) => `${speaker}_${label}/${speaker}_${word}_${label}.wav`,
      ),
      flags: [],
      speakers: 2,
      utterances: 56,
      classes: 7,
    },
    {
      name: 'ESD',
      source: 'hltsingapore.github.io/ESD',
      files: grid(
        ['0001', '0002', '0011', '0012'],
        ['Angry', 'Happy', 'Neutral', 'Sad', 'Surprise'],
        ['1', '2', '3'],
        (speaker, label, _take, n) => `${speaker}/${label}/${speaker}_${String(n).padStart(6, '0')}.wav`,
      ),
      flags: [],
      speakers: 4,
      utterances: 60,
      classes: 5,
    },
    {
      name: 'EMOVO',
      source: 'Costantini et al., LREC 2014',
      files: grid(
        ['f1', 'f2', 'm1', 'm2'],
        ['dis', 'gio', 'neu', 'pau', 'rab', 'sor', 'tri'],
        ['b1', 'l2'],
        (speaker, label, sentence) => `EMOVO/${speaker}/${label}-${speaker}-${sentence}.wav`,
      ),
      flags: [],
      speakers: 4,
      utterances: 56,
      classes: 7,
    },
    {
      name: 'SAVEE',
      source: 'kahlan.eps.surrey.ac.uk/savee, Info.txt',
      files: grid(
        ['DC', 'JE', 'JK', 'KL'],
        ['a', 'd', 'f', 'h', 'n', 'sa', 'su'],
        ['01', '02'],
        (speaker, label, number) => `AudioData/${speaker}/${label}${number}.wav`,
      ),
      flags: [],
      speakers: 4,
      utterances: 56,
      classes: 7,
    },
    {
      name: 'CaFE',
      source: 'zenodo.org/records/1478765, Readme.txt',
      files: grid(
        ['01', '02', '03', '04'],
        ['Colère C', 'Joie J', 'Peur P', 'Tristesse T'],
        ['1', '2', '3'],
        (speaker, label, sentence) => {
          const [word = '', code = ''] = label.split(' ');
          return `CaFE_48k/${word}/Fort/${speaker}-${code}-2-${sentence}.wav`;
        },
      ),
      flags: [],
      speakers: 4,
      utterances: 48,
      classes: 4,
    },
    meld(),
    mspPodcast(),
    nemo(),
    audformat(),
    emoBox(),
  ];
}

function meld(): CorpusLayout {
  const header = [
    'Sr No.',
    'Utterance',
    'Speaker',
    'Emotion',
    'Sentiment',
    'Dialogue_ID',
    'Utterance_ID',
    'Season',
    'Episode',
  ];
  const labels = ['neutral', 'joy', 'sadness', 'anger'];
  const people = ['Joey', 'Ross', 'Monica', 'Phoebe'];
  const files = new Map<string, string | Uint8Array>();
  const part = (split: string, folder: string, dialogues: number): void => {
    const rows: (string | number)[][] = [header];
    for (let d = 0; d < dialogues; d++)
      for (const [u, label] of labels.entries()) {
        const s = (d + u) % people.length;
        rows.push([rows.length, '"Well, so"', people[s] ?? '', label, 'neutral', d, u, 1, 1]);
        files.set(`${folder}/dia${d}_utt${u}.wav`, sound(s, u, d * 7 + folder.length));
      }
    files.set(`${split}_sent_emo.csv`, csv(',', rows));
  };
  part('train', 'train_splits', 6);
  part('dev', 'dev_splits_complete', 2);
  part('test', 'output_repeated_splits_test', 3);
  return {
    name: 'MELD',
    source: 'affective-meld.github.io; videos converted to WAV',
    files,
    flags: ['--shared-speakers=allowed', '--allow-incomplete'],
    speakers: 4,
    utterances: 44,
    classes: 7,
    card: 'meld',
  };
}

function mspPodcast(): CorpusLayout {
  const rows: (string | number)[][] = [
    ['FileName', 'EmoClass', 'EmoAct', 'EmoVal', 'EmoDom', 'SpkrID', 'Gender', 'Split_Set'],
  ];
  const files = new Map<string, string | Uint8Array>();
  const splits = ['Train', 'Train', 'Train', 'Development', 'Test1', 'Test2'];
  for (const [s, split] of splits.entries())
    for (const [l, label] of ['N', 'H', 'S', 'A'].entries())
      for (let take = 0; take < 2; take++) {
        const name = `MSP-PODCAST_${four(s + 1)}_${four(10 * l + take)}.wav`;
        rows.push([name, label, 4, 4, 4, 100 + s, s % 2 ? 'Female' : 'Male', split]);
        files.set(`Audios/${name}`, sound(s, l, take));
      }
  files.set('Labels/labels_consensus.csv', csv(',', rows));
  return {
    name: 'MSP-Podcast',
    source: 'lab-msp.com, release notes',
    files,
    flags: [],
    speakers: 6,
    utterances: 48,
    classes: 4,
  };
}

function nemo(): CorpusLayout {
  const rows: string[][] = [['file_id', 'emotion', 'raw_text', 'normalized_text', 'speaker_id', 'gender', 'age']];
  const files = new Map<string, string | Uint8Array>();
  for (const [s, speaker] of ['SK1', 'MS1', 'JD2'].entries())
    for (const [l, label] of ['anger', 'fear', 'happiness', 'sadness', 'surprised', 'neutral'].entries())
      for (let take = 1; take <= 3; take++) {
        const name = `${speaker}_${label}_${take}.wav`;
        rows.push([name, label, 'Mówi "tak".', 'mówi tak', speaker, s ? 'female' : 'male', String(20 + s)]);
        files.set(`samples/${name}`, sound(s, l, take));
      }
  files.set('data.tsv', csv('\t', rows));
  return {
    name: 'nEMO',
    source: 'github.com/amu-cai/nEMO, README',
    files,
    flags: [],
    speakers: 3,
    utterances: 54,
    classes: 6,
  };
}

function audformat(): CorpusLayout {
  const rows: string[][] = [['file', 'start', 'end', 'emotion', 'speaker', 'gender']];
  const files = new Map<string, string | Uint8Array>();
  for (let s = 0; s < 3; s++) {
    files.set(`audio/call-${two(s)}.wav`, sound(s, 1, 0, 8));
    for (let n = 0; n < 16; n++) {
      const time = (seconds: number): string => `0 days 00:00:${seconds.toFixed(6).padStart(9, '0')}`;
      const label = ['anger', 'happiness', 'neutral', 'sadness'][n % 4] ?? '';
      rows.push([`audio/call-${two(s)}.wav`, time(n / 2), time((n + 1) / 2), label, `spk${s}`, s ? 'male' : 'female']);
    }
  }
  files.set('db.segments.csv', csv(',', rows));
  return {
    name: 'audformat',
    source: 'audeering.github.io/audformat, segmented table',
    files,
    flags: [],
    speakers: 3,
    utterances: 48,
    classes: 4,
  };
}

function emoBox(): CorpusLayout {
  const files = new Map<string, string | Uint8Array>();
  const lines: string[] = [];
  for (let s = 1; s <= 3; s++)
    for (const [l, emo] of ['angry', 'happy', 'neutral', 'sad'].entries())
      for (let take = 0; take < 4; take++) {
        const wav = `wav/spk${two(s)}/${emo}_${four(take)}.wav`;
        files.set(wav, sound(s, l, take));
        lines.push(
          JSON.stringify({
            key: `small-${lines.length}`,
            dataset: 'small',
            wav,
            type: 'raw',
            sample_rate: 16000,
            length: 0.4,
            task: 'category',
            emo,
            channel: 1,
          }),
        );
      }
  files.set('data.jsonl', lines.join('\n'));
  return {
    name: 'EmoBox JSON Lines',
    source: 'github.com/emo-box/EmoBox, data preparation',
    files,
    flags: [],
    speakers: 3,
    utterances: 48,
    classes: 4,
  };
}
