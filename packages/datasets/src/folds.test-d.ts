import { expectTypeOf } from 'expect-type';
import { type Corpus, type Fold, type FoldOptions, folds, innerValidation, makeFold, type Utterance } from './index';

// A fold comes from `folds` or `makeFold`, which check it. An object with every field that can be written is not one.
type Written = Pick<Fold, Extract<keyof Fold, string>>;
expectTypeOf<Fold>().toExtend<Written>();
expectTypeOf<Written>().not.toExtend<Fold>();

expectTypeOf(folds).toEqualTypeOf<(corpus: Corpus, options?: FoldOptions) => readonly Fold[]>();
expectTypeOf(makeFold).returns.toEqualTypeOf<Fold>();
expectTypeOf(innerValidation).parameter(0).toEqualTypeOf<Fold>();

// What was checked cannot be changed.
expectTypeOf<Fold['test']>().toEqualTypeOf<readonly Utterance[]>();
