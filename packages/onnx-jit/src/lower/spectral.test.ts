import { conformance } from '../testing/conformance';
import { spectralCases } from '../testing/cases/spectral';

conformance('spectral', spectralCases);
