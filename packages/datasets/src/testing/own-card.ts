/** For tests: the card of a corpus of one's own, in a table `m.csv` beside it. */
export const ownCard = {
  name: 'own',
  title: 'Own',
  license: { name: 'ours', access: 'own' },
  source: { citation: 'us' },
  reader: 'manifest',
  manifest: 'm.csv',
  folds: { by: 'speaker' },
};
