/**
 * The AdmissionGate port: somebody who may refuse what the host would take. The testkit's fakes and faults stand here;
 * a host without one pays a comparison a call.
 */
import type { FunctionDefinition } from './definition.ts';
import type { Invocation } from './invocation/invocation.ts';
import type { Refused } from './invocation/outcome.ts';
import type { DispatchRequest } from './invocation/request.ts';

export interface AdmissionGate {
  /** No function is named so: what the invoker is told of `refusal`. */
  unknown(request: DispatchRequest, refusal: Refused): Refused;
  /** At the front door: the target is known; Async work is not accepted yet. */
  admit(request: DispatchRequest, definition: FunctionDefinition): Refused | undefined;
  /** Where a call, or a run of Async work, would get its slot or be told that there is none. */
  start(invocation: Invocation): Refused | undefined;
}
