import path from 'node:path';
import { openCorpus } from '../open-corpus';
import { removeTemporaryFolders, tree } from '../testing/temporary-folder';
import { toneWav } from '../testing/wav-bytes';

afterAll(removeTemporaryFolders);

const wav = toneWav();
const incomplete = { allowIncomplete: true };
const wavs = (...files: readonly string[]): Record<string, Uint8Array> =>
  Object.fromEntries(files.map((file) => [file, wav]));
const summary = async (name: string, root: string): Promise<string[]> =>
  (await openCorpus(name, root, incomplete)).utterances.map((u) =>
    [u.id, u.label, u.speaker, ...(u.session ?? '')].join(' '),
  );

describe('RAVDESS', () => {
  const angry = '03-01-05-02-01-01-12.wav';
  const calm = '03-01-02-01-02-02-07.wav';
  const expected = ['03-01-02-01-02-02-07 calm 07', '03-01-05-02-01-01-12 angry 12'];

  test.each<[string, readonly string[]]>([
    ['the archive', [`Actor_12/${angry}`, `Actor_07/${calm}`]],
    [
      'a folder around it',
      [`Audio_Speech_Actors_01-24/Actor_12/${angry}`, `Audio_Speech_Actors_01-24/Actor_07/${calm}`],
    ],
    ['all files in one folder', [angry, calm]],
    [
      'every actor twice, as one re-pack has it',
      [`Actor_12/${angry}`, `Actor_07/${calm}`, `audio_speech_actors_01-24/Actor_12/${angry}`],
    ],
    ['what macOS adds', [`Actor_12/${angry}`, `Actor_07/${calm}`, `__MACOSX/Actor_12/${angry}`, `Actor_12/._${angry}`]],
    ['FLAC', [`Actor_12/${angry.replace('wav', 'flac')}`, `Actor_07/${calm}`]],
  ])('%s', async (_name, files) => {
    expect(await summary('ravdess', tree(wavs(...files)))).toEqual(expected);
  });

  test('songs and videos are passed over, songs with a note', async () => {
    const root = tree(
      wavs(angry, calm, '03-02-05-02-01-01-12.wav', '01-01-05-02-01-01-12.mp4', '02-01-05-02-01-01-12.mp4'),
    );
    const corpus = await openCorpus('ravdess', root, incomplete);
    expect(corpus.utterances).toHaveLength(2);
    expect(corpus.notes[0]).toBe('not selected by the card: 1 with channel 02');
  });

  test('an emotion that does not exist is an unknown label', async () => {
    await expect(openCorpus('ravdess', tree(wavs('03-01-09-02-01-01-12.wav')), incomplete)).rejects.toThrow(
      '03-01-09-02-01-01-12.wav: unknown label "09"; expected one of 01, 02, 03, 04, 05, 06, 07, 08',
    );
  });

  test('other counts are an error that says what is missing and where it looked', async () => {
    const root = tree(wavs(angry, calm));
    await expect(openCorpus('ravdess', root)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(
        /not the whole of ravdess: 2 of 1440 utterances; 2 of 24 speakers \(07, 12\); 0 of 96 neutral; 1 of 192 calm.*looked for Actor_01.03-01-.*--allow-incomplete/,
      ) as string,
    });
  });

  test('nothing, no folder and a file are told apart', async () => {
    await expect(openCorpus('ravdess', tree({ 'readme.txt': '' }), incomplete)).rejects.toThrow(
      /no utterance of RAVDESS.*looked for Actor_01.03-01/,
    );
    await expect(openCorpus('ravdess', '/nowhere/at/all')).rejects.toThrow('/nowhere/at/all: no such folder');
    await expect(openCorpus('ravdess', path.join(tree({ 'x.wav': wav }), 'x.wav'))).rejects.toThrow(
      /x.wav: a file, expected the folder of the corpus/,
    );
    await expect(openCorpus('ravdess')).rejects.toThrow(/ravdess: no folder given.*ser data get ravdess/);
  });
});

describe('IEMOCAP', () => {
  const evaluation = [
    '% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]',
    '',
    '[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]',
    'C-E2:\tNeutral;\t()',
    'A-E3:\tval 3; act 2; dom  2;\t()',
    '',
    '[10.0100 - 11.3925]\tSes01F_impro01_M001\texc\t[2.5000, 2.5000, 2.5000]',
    '[14.8872 - 18.0175]\tSes01F_impro01_F002\txxx\t[2.5000, 2.5000, 2.5000]',
    '[19.2900 - 20.7875]\tSes01F_impro01_M002\tfru\t[2.5000, 2.5000, 2.5000]',
    '',
  ].join('\r\n');
  const scripted =
    '[2.1 - 3.5]\tSes05M_script01_1b_F003\tang\t[1.5000, 3.5000, 3.5000]\n[4.1 - 5.5]\tSes05M_script01_1b_M001\tsad\t[1.5000, 3.5000, 3.5000]\n';
  const at = (session: number, dialogue: string): string => `Session${session}/dialog/EmoEvaluation/${dialogue}.txt`;
  const audio = (session: number, dialogue: string, turn: string): string =>
    `Session${session}/sentences/wav/${dialogue}/${dialogue}_${turn}.wav`;
  const files = {
    [at(1, 'Ses01F_impro01')]: evaluation,
    [at(5, 'Ses05M_script01_1b')]: scripted,
    // A single rater's file: another format, not for us.
    'Session1/dialog/EmoEvaluation/Categorical/Ses01F_impro01_e2_cat.txt': 'Ses01F_impro01_F000 :Neutral state; ()\n',
    'Session1/dialog/EmoEvaluation/Attribute/Ses01F_impro01_e2_atr.txt': 'Ses01F_impro01_F000 :act 2; :val 3;\n',
    'Session1/dialog/EmoEvaluation/._Ses01F_impro01.txt': 'Mac',
    'Session1/dialog/wav/Ses01F_impro01.wav': wav,
    ...wavs(
      audio(1, 'Ses01F_impro01', 'F000'),
      audio(1, 'Ses01F_impro01', 'M001'),
      audio(1, 'Ses01F_impro01', 'F002'),
      audio(1, 'Ses01F_impro01', 'M002'),
      audio(5, 'Ses05M_script01_1b', 'F003'),
      audio(5, 'Ses05M_script01_1b', 'M001'),
    ),
  };
  const expected = [
    'Ses01F_impro01_F000 neutral Ses01F 1',
    // Excited counts as happy; the man speaks in the dialogue named after the woman.
    'Ses01F_impro01_M001 happy Ses01M 1',
    'Ses05M_script01_1b_F003 angry Ses05F 5',
    'Ses05M_script01_1b_M001 sad Ses05M 5',
  ];

  test('improvised and scripted turns of the official release', async () => {
    expect(await summary('iemocap', tree(files))).toEqual(expected);
    const corpus = await openCorpus('iemocap', tree(files), incomplete);
    expect(corpus.notes).toContain('left out by the card: 1 fru, 1 xxx');
    expect(corpus.notes).toContain('6 of 10039 labelled utterances listed');
  });

  test('a folder around it, and audio put in one folder', async () => {
    const moved = Object.fromEntries(
      Object.entries(files).map(([file, content]) => [
        file.includes('sentences') ? `IEMOCAP/wav/${path.basename(file)}` : `IEMOCAP/IEMOCAP_full_release/${file}`,
        content,
      ]),
    );
    expect(await summary('iemocap', tree(moved))).toEqual(expected);
  });

  test('turn numbers with XX, as some scripted dialogues have them', async () => {
    const id = 'Ses03M_script03_2_MXX1';
    const root = tree({
      [at(3, 'Ses03M_script03_2')]: `[1.0 - 2.0]\t${id}\tsad\t[1.5000, 3.5000, 3.5000]\n`,
      [audio(3, 'Ses03M_script03_2', 'MXX1')]: wav,
    });
    expect(await summary('iemocap', root)).toEqual([`${id} sad Ses03M 3`]);
  });

  test('labels without audio are counted', async () => {
    const { [audio(1, 'Ses01F_impro01', 'M001')]: _, ...rest } = files;
    await expect(openCorpus('iemocap', tree(rest))).rejects.toThrow(
      /1 labelled utterances have no audio file \(Ses01F_impro01_M001\).*3 of 5531 utterances.*looked for labels in Session1..5/,
    );
  });

  test('a line that is no turn, and a label nobody knows, name file and line', async () => {
    const broken = { ...files, [at(1, 'Ses01F_impro01')]: '[6.2901 - 8.2357] oops\n' };
    await expect(openCorpus('iemocap', tree(broken))).rejects.toThrow(
      /Ses01F_impro01.txt:1: expected "\[start - end\] utterance label/,
    );
    const unknown = { ...files, [at(1, 'Ses01F_impro01')]: evaluation.replace('neu', 'bored') };
    await expect(openCorpus('iemocap', tree(unknown))).rejects.toThrow(
      /Ses01F_impro01.txt:3: unknown label "bored"; expected one of neu, /,
    );
  });
});

describe('MSP-IMPROV', () => {
  const line = (id: string, label: string): string =>
    `UTD-IMPROV-${id}.avi; ${label}; A:2.500000; V:3.000000; D:NaN ; N:3.200000;\n` +
    'WORKER00000001-p1; Neutral; Neutral,Concerned; A:3.0; V:3.0; D:NaN; N:4.0;\nWORKER00000002-p3; Happy; Other (cheer); A:2.0; V:3.0; D:3.0; N:4.0;\n\n';
  const ids = ['S01A-F01-P-FM01', 'S01A-F01-R-MF02', 'S20N-M06-S-MM11', 'S05H-M02-T-FM01', 'S05H-M02-S-FM03'];
  const labels =
    ids.map((id, i) => line(id, ['A', 'N', 'S', 'H', 'X'][i] ?? '')).join('') + line('S09S-F03-P-FM01', 'O');
  const place = (id: string): string => {
    const [scene = '', speaker = '', type = ''] = id.split('-');
    return `session${Number(speaker.slice(1))}/${scene}/${type}/MSP-IMPROV-${id}.wav`;
  };
  const expected = [
    'MSP-IMPROV-S01A-F01-P-FM01 angry F01 1',
    'MSP-IMPROV-S01A-F01-R-MF02 neutral F01 1',
    'MSP-IMPROV-S05H-M02-T-FM01 happy M02 2',
    'MSP-IMPROV-S20N-M06-S-MM11 sad M06 6',
  ];

  test.each<[string, string, (id: string) => string]>([
    ['the release', 'Evalution.txt', place],
    ['audio in a folder of its own', 'Evalution.txt', (id) => `Audio/${place(id)}`],
    ['the name spelt right, all audio in one folder', 'Labels/Evaluation.txt', (id) => `wav/MSP-IMPROV-${id}.wav`],
  ])('%s: all four scenario types', async (_name, labelFile, where) => {
    const root = tree({ [labelFile]: labels, ...wavs(...ids.map(where), where('S09S-F03-P-FM01')) });
    expect(await summary('msp-improv', root)).toEqual(expected);
    const { notes } = await openCorpus('msp-improv', root, incomplete);
    expect(notes).toContain('left out by the card: 1 O, 1 X');
    expect(notes.slice(0, 4)).toEqual([
      '2 clips of scenario type "natural interaction"',
      '2 clips of scenario type "other improvised"',
      '1 clips of scenario type "target improvised"',
      '1 clips of scenario type "target read"',
    ]);
  });

  test('no label file, a broken line, missing audio', async () => {
    await expect(openCorpus('msp-improv', tree(wavs(...ids.map(place))))).rejects.toThrow(
      /no Evalution.txt.*5 audio files found/,
    );
    await expect(openCorpus('msp-improv', tree({ 'Evalution.txt': 'UTD-IMPROV-nonsense.avi; A;\n' }))).rejects.toThrow(
      /Evalution.txt:1: expected "UTD-IMPROV-S01A/,
    );
    await expect(
      openCorpus('msp-improv', tree({ 'Evalution.txt': labels, ...wavs(place(ids[0] ?? '')) })),
    ).rejects.toThrow(/5 labelled utterances have no audio file \(MSP-IMPROV-S01A-F01-R-MF02,.*1 of 7798 utterances/);
  });
});

describe('SAVEE', () => {
  const expected = [
    'DC_a01 angry DC',
    'DC_sa02 sad DC',
    'JE_su15 surprised JE',
    'KL_d03 disgust KL',
    'KL_n30 neutral KL',
  ];

  test.each<[string, readonly string[]]>([
    [
      'the archive',
      [
        'AudioData/DC/a01.wav',
        'AudioData/DC/sa02.wav',
        'AudioData/JE/su15.wav',
        'AudioData/KL/d03.wav',
        'AudioData/KL/n30.wav',
      ],
    ],
    ['without the folder around it', ['DC/a01.wav', 'DC/sa02.wav', 'JE/su15.wav', 'KL/d03.wav', 'KL/n30.wav']],
    ['all in one folder', ['ALL/DC_a01.wav', 'ALL/DC_sa02.wav', 'ALL/JE_su15.wav', 'ALL/KL_d03.wav', 'ALL/KL_n30.wav']],
    [
      'both',
      ['DC/a01.wav', 'DC/sa02.wav', 'JE/su15.wav', 'KL/d03.wav', 'KL/n30.wav', 'ALL/DC_a01.wav', 'ALL/KL_n30.wav'],
    ],
  ])('%s', async (_name, files) => {
    expect(await summary('savee', tree({ 'Info.txt': 'about', ...wavs(...files) }))).toEqual(expected);
  });

  test('a letter that is no emotion does not fit', async () => {
    await expect(openCorpus('savee', tree(wavs('DC/x01.wav')))).rejects.toThrow(
      /1 audio files of other names \(DC.x01.wav\)/,
    );
  });
});
