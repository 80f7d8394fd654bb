import { conformance } from '../testing/conformance';
import { elementwiseCases } from '../testing/cases/elementwise';

conformance('elementwise', elementwiseCases);
