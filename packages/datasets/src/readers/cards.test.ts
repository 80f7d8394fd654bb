import { folds } from '../folds';
import { openCorpus } from '../open-corpus';
import { removeTemporaryFolders, tree } from '../testing/temporary-folder';
import { toneWav } from '../testing/wav-bytes';

afterAll(removeTemporaryFolders);

const wav = toneWav();
const lines = (...rows: readonly string[]): string => rows.join('\n');

/** A small tree in the true layout of each corpus, and what is read of it: id, label, speaker, and further columns. */
const layouts: readonly [name: string, files: readonly string[], tables: Record<string, string>, read: string[]][] = [
  [
    'crema-d',
    ['AudioWAV/1001_DFA_ANG_XX.wav', 'AudioWAV/1091_WSI_SAD_HI.wav', 'AudioMP3/1001_DFA_ANG_XX.mp3'],
    { 'VideoDemographics.csv': 'ActorID,Age,Sex\n1001,51,Male\n' },
    [
      '1001_DFA_ANG_XX angry 1001 {"sentence":"DFA","level":"XX"}',
      '1091_WSI_SAD_HI sad 1091 {"sentence":"WSI","level":"HI"}',
    ],
  ],
  [
    'emo-db',
    ['wav/03a01Fa.wav', 'wav/16b10Wb.wav'],
    { 'lablaut/03a01Fa.lablaut': '' },
    ['03a01Fa happy 03 {"sentence":"a01","take":"a"}', '16b10Wb angry 16 {"sentence":"b10","take":"b"}'],
  ],
  [
    'tess',
    ['OAF_neutral/OA_bite_neutral.wav', 'OAF_neutral/OAF_back_neutral.wav', 'YAF_pleasant_surprised/YAF_back_ps.wav'],
    {},
    [
      'OAF_back_neutral neutral OAF {"word":"back"}',
      'OA_bite_neutral neutral OAF {"word":"bite"}',
      'YAF_back_ps surprised YAF {"word":"back"}',
    ],
  ],
  [
    'esd',
    ['0001/Angry/0001_000351.wav', '0011/Surprise/train/0011_001431.wav'],
    { '0001/0001.txt': '0001_000351\ttext\tAngry\n' },
    ['0001_000351 angry 0001 {"number":"000351"}', '0011_001431 surprised 0011 {"number":"001431"}'],
  ],
  [
    'emovo',
    ['EMOVO/f1/dis-f1-b1.wav', 'EMOVO/m3/tri-m3-d2.wav'],
    {},
    ['dis-f1-b1 disgust f1 {"sentence":"b1"}', 'tri-m3-d2 sad m3 {"sentence":"d2"}'],
  ],
  [
    'meld',
    [
      'train_splits/dia0_utt0.wav',
      'dev_splits_complete/dia0_utt0.wav',
      'output_repeated_splits_test/dia0_utt1.wav',
      'output_repeated_splits_test/final_videos_testdia1_utt0.wav',
    ],
    {
      'train_sent_emo.csv': lines(
        'Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime',
        '1,"also, I was the point person",Chandler,neutral,neutral,0,0,8,21,"00:16:16,059","00:16:21,731"',
        '2,gone,Rachel,joy,positive,125,3,1,1,"0","1"',
      ),
      'dev_sent_emo.csv': lines(
        'Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime',
        '1,Oh,Phoebe,sadness,negative,0,0,4,7,"00:20:57,256","00:21:00,049"',
      ),
      'test_sent_emo.csv': lines(
        'Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime',
        '1,Why,Joey,surprise,positive,0,1,3,19,"00:14:38,127","00:14:40,378"',
      ),
    },
    [
      'dev_dia0_utt0 sadness Phoebe "Oh"',
      'test_dia0_utt1 surprise Joey "Why"',
      'train_dia0_utt0 neutral Chandler "also, I was the point person"',
    ],
  ],
  [
    'msp-podcast',
    [
      'Audios/MSP-PODCAST_0001_0008.wav',
      'Audios/MSP-PODCAST_0002_0033.wav',
      'Audios/MSP-PODCAST_0003_0001.wav',
      'Audios/MSP-PODCAST_0004_0001.wav',
    ],
    {
      'Labels/labels_consensus.csv': lines(
        'FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set',
        'MSP-PODCAST_0001_0008.wav,N,2.8,4,3,127,Male,Train',
        'MSP-PODCAST_0002_0033.wav,U,2.8,4,3,Unknown,Unknown,Test2',
        'MSP-PODCAST_0003_0001.wav,X,2.8,4,3,128,Female,Test1',
        'MSP-PODCAST_0004_0001.wav,,,,,,,Test3',
      ).replace(',,,,,,Test3', ',,,,129,,Test3'),
    },
    [
      'MSP-PODCAST_0001_0008.wav neutral 127 "Male"',
      'MSP-PODCAST_0002_0033.wav surprised unknown: MSP-PODCAST_0002_0033.wav "Unknown"',
    ],
  ],
  [
    'nemo',
    ['samples/SK1_anger_1.wav', 'samples/MS1_surprised_90.wav'],
    {
      'data.tsv': lines(
        'file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage',
        'SK1_anger_1.wav\tanger\tCzy Maciek ma "psa"?\tczy maciek ma psa\tSK1\tmale\t24',
        'MS1_surprised_90.wav\tsurprised\tTak.\ttak\tMS1\tfemale\t25',
      ),
    },
    ['MS1_surprised_90.wav surprised MS1 "female"', 'SK1_anger_1.wav angry SK1 "male"'],
  ],
  [
    'cafe',
    // As macOS spells it.
    ['CaFE_48k/Cole\u0300re/Faible/01-C-1-1.wav', 'CaFE_48k/Neutre/12-N-1-6.wav'],
    { 'CaFE_48k/Readme.txt': '' },
    ['01-C-1-1 angry 01 {"intensity":"1","sentence":"1"}', '12-N-1-6 neutral 12 {"intensity":"1","sentence":"6"}'],
  ],
  [
    'asvp-esd',
    ['Audio/actor_12/03-01-06-01-02-12-02-01-01-16.wav', 'Audio/actor_3/03-02-03-01-01-03-02-02-04-01.wav'],
    {},
    ['03-01-06-01-02-12-02-01-01-16 fearful 12'],
  ],
];

test.each(layouts)('%s', async (name, files, tables, read) => {
  const root = tree({ ...Object.fromEntries(files.map((file) => [file, wav])), ...tables });
  const corpus = await openCorpus(name, root, { allowIncomplete: true });
  expect(
    corpus.utterances.map(({ id, label, speaker, columns }) => {
      const more = columns?.['Utterance'] ?? columns?.['Gender'] ?? columns?.['gender'] ?? columns;
      const shown = name === 'asvp-esd' ? '' : ` ${JSON.stringify(more)}`;
      return `${id} ${label} ${speaker}${shown}`;
    }),
  ).toEqual(read);
  expect(corpus.utterances.every(({ audio }) => audio.startsWith(root))).toBe(true);
});

test('MELD: its split, and the clips that nobody can decode', async () => {
  const [, files, tables] = layouts.find(([name]) => name === 'meld') ?? ['', [], {}];
  const root = tree({ ...Object.fromEntries(files.map((file) => [file, wav])), ...tables });
  const corpus = await openCorpus('meld', root, { allowIncomplete: true });
  const [fold] = folds(corpus);
  expect([fold?.train.length, fold?.dev.length, fold?.test.length]).toEqual([1, 1, 1]);
  expect(corpus.notes.join('; ')).not.toMatch(/no audio file/);
});
