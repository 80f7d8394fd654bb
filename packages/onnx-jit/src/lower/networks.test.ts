import { conformance } from '../testing/conformance';
import { networkCases } from '../testing/cases/networks';

conformance('networks', networkCases);
