import { listen, type Recognition, type Recognizer, type WindowRecognition } from '@ser/recognize';
import { InputError } from '@ser/files';

/**
 * Several models that answer together: the mean of their probabilities, over the recording and in each window; the mean
 * of their attention; their embeddings one after the other.
 *
 * @throws {InputError} when they do not have the same labels and windows
 */
export function ensembleOf(members: readonly Recognizer[]): Recognizer {
  const [first] = members;
  if (!first) throw new Error('an ensemble of no models');
  const alike = ({ description: d }: Recognizer): string =>
    JSON.stringify([d.labels, d.windowSamples, d.trimSilenceDb, d.framesPerSecond]);
  if (!members.every((member) => alike(member) === alike(first)))
    throw new InputError('models of one run have other labels, windows or trimming than each other');
  const { labels, sampleRate, embeddingSize } = first.description;
  const recognize = async (sound: Parameters<Recognizer['recognize']>[0]): Promise<Recognition> => {
    const answers: Recognition[] = [];
    for (const member of members) answers.push(await member.recognize(sound));
    const [one] = answers;
    if (!one) throw new Error('no answer');
    return {
      ...one,
      ...agreed(labels, answers),
      embedding: Float32Array.from(answers.flatMap(({ embedding }) => [...embedding])),
      timeline: one.timeline.map((window, i) => {
        const windows = answers.map(({ timeline }) => timeline[i] ?? window);
        return { ...window, ...agreed(labels, windows), attention: meanAttention(windows) };
      }),
    };
  };
  return {
    description: { ...first.description, embeddingSize: embeddingSize * members.length },
    recognize,
    stream: (chunks, options) => listen(recognize, chunks, sampleRate, options),
    close: async () => {
      await Promise.all(members.map((member) => member.close()));
    },
  };
}

type Answer = Pick<Recognition, 'label' | 'probabilities'>;

function agreed(labels: readonly string[], answers: readonly Answer[]): Answer {
  const probabilities = Object.fromEntries(
    labels.map((label) => [
      label,
      answers.reduce((sum, answer) => sum + (answer.probabilities[label] ?? NaN), 0) / answers.length,
    ]),
  );
  const label = labels.reduce((best, other) =>
    (probabilities[other] ?? 0) > (probabilities[best] ?? 0) ? other : best,
  );
  return { label, probabilities };
}

const meanAttention = (windows: readonly WindowRecognition[]): Float32Array =>
  Float32Array.from(
    windows[0]?.attention ?? [],
    (_, frame) => windows.reduce((sum, { attention }) => sum + (attention[frame] ?? 0), 0) / windows.length,
  );
