import { conformance } from '../testing/conformance';
import { indexingCases } from '../testing/cases/indexing';

conformance('indexing', indexingCases);
