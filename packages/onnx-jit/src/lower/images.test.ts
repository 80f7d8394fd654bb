import { conformance } from '../testing/conformance';
import { imageCases } from '../testing/cases/images';

conformance('images', imageCases);
