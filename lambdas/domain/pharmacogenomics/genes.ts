import cyp2c9 from '../../../config/pharmacogenomics/cyp2c9.json' with { type: 'json' };
import cyp4f2 from '../../../config/pharmacogenomics/cyp4f2.json' with { type: 'json' };
import vkorc1 from '../../../config/pharmacogenomics/vkorc1.json' with { type: 'json' };
import { type Gene, readGene } from './gene-definition.ts';

/** The genes that are called, in the order of reports. */
export const GENES: readonly Gene[] = [cyp2c9, vkorc1, cyp4f2].map(readGene);
