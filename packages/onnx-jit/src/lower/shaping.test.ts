import { conformance } from '../testing/conformance';
import { shapingCases } from '../testing/cases/shaping';

conformance('shaping', shapingCases);
