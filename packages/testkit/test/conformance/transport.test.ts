/** The transport inside an instance keeps the rules of the port. */
import { describe, it } from 'vitest';
import { runConformance } from '../../src/conformance/case.ts';
import { transportConformance } from '../../src/conformance/transport/transport-conformance.ts';
import { connectInFunction } from './in-function-transport.ts';

describe('our transport keeps the rules of the Transport port', () => {
  runConformance(
    transportConformance({ connect: connectInFunction }),
    { describe, it },
    'the transport inside an instance',
  );
});
