/**
 * The module `linkedge-common-js`, which was never published: the half of Link IoT Edge's SDK that belonged to its
 * runtime. A function that carries its own copy of `linkedge-core-sdk` gets this one, and so runs unchanged.
 *
 * What it does is known from its public users only (LE).
 */
import { assertCallback, whenSettled } from './callback-edge.ts';
import { notImplemented } from './iot-data.ts';
import { ROUTER_ID } from './ipc-wrapper.ts';

export { IPCWrapper } from './ipc-wrapper.ts';
export type { PostTaskCallback, TaskResultCallback } from './ipc-wrapper.ts';
export { buildArnString } from './names.ts';

/** What a host tells its functions through the environment (LE). */
export interface EnvVars {
  /** From EDGEFC_AUTH_TOKEN. */
  readonly AUTH_TOKEN: string | undefined;
  /** The ARN of the function itself. */
  readonly MY_FUNCTION_ID: string | undefined;
  /** The function that speaks for things. */
  readonly THING_FUNCTION_ID: string | undefined;
  /** The router of messages: what IPCWrapper.postTask publishes to. ROUTER_FUNCTION_ID when that is set. */
  readonly ROUTER_FUNCTION_ID: string | undefined;
}

/** Read at each access, so that one module serves instances (and tests) with different environments. */
export const envVars: EnvVars = {
  get AUTH_TOKEN() {
    return process.env['EDGEFC_AUTH_TOKEN'];
  },
  get MY_FUNCTION_ID() {
    return process.env['MY_FUNCTION_ID'];
  },
  get THING_FUNCTION_ID() {
    return process.env['THING_FUNCTION_ID'];
  },
  get ROUTER_FUNCTION_ID() {
    return process.env['ROUTER_FUNCTION_ID'] ?? ROUTER_ID;
  },
};

/** The answer of a request to the host (LE). */
export interface WsResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Requests to the host that are no invocations (LE). This release reports `NotImplemented` for each. */
export const ws: {
  request(options: object, callback: (err: unknown, response?: WsResponse) => void): void;
} = {
  request(_options, callback) {
    assertCallback('linkedge-common-js ws.request', callback);
    whenSettled(
      Promise.reject<WsResponse>(notImplemented('linkedge-common-js ws.request')),
      (response) => {
        callback(null, response);
      },
      callback,
    );
  },
};
