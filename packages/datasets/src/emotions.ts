import { labelForm } from './names';

/**
 * Words that corpora use for one emotion, with the codes of their file names. Used to suggest, never to decide: whether
 * excited is happy is the choice of whoever writes the card.
 */
const words: Readonly<Record<string, readonly string[]>> = {
  neutral: ['neutral', 'neutrality', 'neu', 'neutro', 'neutre', 'normal', 'neutralny'],
  calm: ['calm', 'cal', 'calmness', 'boring'],
  happy: ['happy', 'happiness', 'hap', 'joy', 'joyful', 'gioia', 'joie', 'freude', 'happily'],
  sad: ['sad', 'sadness', 'tristezza', 'tristesse', 'tri', 'trauer', 'sorrow'],
  angry: ['angry', 'anger', 'ang', 'rabbia', 'colere', 'colère', 'ärger', 'rab', 'rage', 'mad'],
  fearful: ['fearful', 'fear', 'fea', 'paura', 'peur', 'angst', 'pau', 'anxiety', 'afraid', 'scared'],
  disgust: ['disgust', 'disgusted', 'dis', 'disgusto', 'dégoût', 'degout', 'ekel'],
  surprised: ['surprised', 'surprise', 'sur', 'sorpresa', 'sor', 'ps', 'pleasant surprise', 'pleasant_surprise'],
  bored: ['bored', 'boredom', 'langeweile'],
  contempt: ['contempt', 'con', 'contemptuous'],
  excited: ['excited', 'exc', 'excitement'],
  frustrated: ['frustrated', 'fru', 'frustration'],
};

const byWord = new Map(Object.entries(words).flatMap(([emotion, list]) => list.map((word) => [word, emotion])));

/** The usual name of the emotion that a label means, if it is a usual word for one. */
export function emotionOf(label: string): string | undefined {
  return byWord.get(labelForm(label));
}
