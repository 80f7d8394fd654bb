import { conformance } from '../testing/conformance';
import { specialCases } from '../testing/cases/special';

conformance('special', specialCases);
