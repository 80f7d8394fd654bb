import { conformance } from '../testing/conformance';
import { reductionCases } from '../testing/cases/reduction';

conformance('reduction', reductionCases);
