/** What comes in at the front door: somebody asks for a function to be invoked. */
import type { InvocationRequestOptions } from '@edgefc/sdk/internal';
import type { WireBytes } from '../protocol.ts';
import type { Invocation } from './invocation.ts';
import type { OutcomeReceiver } from './outcome.ts';

export interface DispatchRequest extends OutcomeReceiver {
  readonly target: string;
  readonly type: 'Sync' | 'Async';
  readonly payload: WireBytes;
  /** base64 of a JSON object; checked by whoever built the request. */
  readonly invokerContext: string | null;
  readonly options: InvocationRequestOptions | undefined;
  /** The running invocation that asks. */
  readonly parent: Invocation | undefined;
  /** `Service/function` that asks, also when its invocation has settled; undefined from outside. */
  readonly caller: string | undefined;
}
