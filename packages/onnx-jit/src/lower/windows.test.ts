import { conformance } from '../testing/conformance';
import { windowCases } from '../testing/cases/windows';

conformance('windows', windowCases);
