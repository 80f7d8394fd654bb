import { conformance } from '../testing/conformance';
import { ownOpCases } from '../testing/cases/own-ops';

conformance('own ops', ownOpCases);
