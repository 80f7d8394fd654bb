import { confusionMatrix, macroF1, unweightedAccuracy, weightedAccuracy } from '@ser/trainer';
import { absoluteError, type Check, type Field } from './fixture';

/** WA, UA and macro-F1 to 1e-12, the confusion matrix exactly. */
export function metrics(fixture: Field): Check[] {
  return fixture.list().flatMap((item, index) => {
    const truth = item.get('truth').numbers();
    const confusion = confusionMatrix(truth, item.get('predicted').numbers(), item.get('classes').number());
    const expected = item
      .get('confusion')
      .list()
      .flatMap((row) => row.numbers());
    const check = (name: string, actual: number[], reference: number[], tolerance: number): Check => ({
      engine: 'eager',
      quantity: `[${index}] ${name}`,
      error: absoluteError(actual, reference),
      tolerance,
    });
    return [
      check('weighted accuracy', [weightedAccuracy(confusion)], [item.get('wa').number()], 1e-12),
      check('unweighted accuracy', [unweightedAccuracy(confusion)], [item.get('ua').number()], 1e-12),
      check('macro F1', [macroF1(confusion)], [item.get('macro_f1').number()], 1e-12),
      check('confusion matrix', confusion.flat(), expected, 0),
    ];
  });
}
