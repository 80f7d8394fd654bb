import { labelForm } from './names';

/**
 * Words that corpora use for one emotion, with the codes of their file names. Used to suggest, never to decide: whether
 * excited is happy is the choice of whoever writes the card.
 */
const words: Readonly<Record<string, readonly string[]>> = {
  neutral: [
    ...['neutral', 'neutrality', 'neu', 'neutro', 'neutre', 'neutra', 'neutrale', 'neutraal', 'normal', 'neutralny'],
    ...['neutralność', 'nötr', 'нейтрально', '中性', '中立'],
  ],
  calm: ['calm', 'cal', 'calmness', 'boring', 'ruhig', 'calme', 'calma'],
  happy: [
    ...['happy', 'happiness', 'hap', 'joy', 'joyful', 'happily', 'gioia', 'felicità', 'joie', 'heureux', 'freude'],
    ...['fröhlich', 'froehlich', 'glücklich', 'gluecklich', 'alegría', 'alegria', 'felicidad', 'radość', 'radosc'],
    ...['vreugde', 'mutlu', 'mutluluk', 'радость', '喜び', '高兴', '开心'],
  ],
  sad: [
    ...['sad', 'sadness', 'sorrow', 'tristezza', 'tristesse', 'triste', 'tri', 'trauer', 'traurig', 'traurigkeit'],
    ...['tristeza', 'smutek', 'verdriet', 'üzgün', 'üzüntü', 'грусть', 'печаль', '悲しみ', '悲伤', '难过'],
  ],
  angry: [
    ...['angry', 'anger', 'ang', 'rage', 'mad', 'fury', 'rabbia', 'rab', 'colere', 'colère', 'ärger', 'aerger', 'wut'],
    ...['wütend', 'wuetend', 'zorn', 'ira', 'enfado', 'enojo', 'raiva', 'złość', 'zlosc', 'gniew', 'boosheid', 'woede'],
    ...['kızgın', 'öfke', 'злость', 'гнев', '怒り', '生气', '愤怒'],
  ],
  fearful: [
    ...[
      'fearful',
      'fear',
      'fea',
      'anxiety',
      'afraid',
      'scared',
      'paura',
      'pau',
      'peur',
      'angst',
      'furcht',
      'ängstlich',
    ],
    ...['aengstlich', 'miedo', 'medo', 'strach', 'lęk', 'korku', 'страх', '恐れ', '害怕', '恐惧'],
  ],
  disgust: [
    ...['disgust', 'disgusted', 'dis', 'disgusto', 'dégoût', 'degout', 'ekel', 'asco', 'nojo', 'wstręt', 'walging'],
    ...['iğrenme', 'отвращение', '嫌悪', '厌恶'],
  ],
  surprised: [
    ...['surprised', 'surprise', 'sur', 'sorpresa', 'sor', 'ps', 'pleasant surprise', 'pleasant_surprise'],
    ...['überraschung', 'ueberraschung', 'überrascht', 'surpresa', 'zaskoczenie', 'zdziwienie', 'verrassing', 'şaşkın'],
    ...['удивление', '驚き', '惊讶'],
  ],
  bored: ['bored', 'boredom', 'langeweile', 'gelangweilt', 'ennui', 'noia', 'aburrimiento', 'nuda'],
  contempt: ['contempt', 'con', 'contemptuous', 'verachtung', 'mépris', 'disprezzo', 'desprecio', 'pogarda'],
  excited: ['excited', 'exc', 'excitement'],
  frustrated: ['frustrated', 'fru', 'frustration'],
};

const byWord = new Map(Object.entries(words).flatMap(([emotion, list]) => list.map((word) => [word, emotion])));

/** The usual name of the emotion that a label means, if it is a usual word for one. */
export function emotionOf(label: string): string | undefined {
  return byWord.get(labelForm(label));
}
