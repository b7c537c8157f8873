/**
 * IoTData: messages and things, by the names and the parameter checks of Link IoT Edge's SDK.
 *
 * Messages are published; of the methods for things this release has the checks, and they report `NotImplemented`.
 */
import { atEdge, type NodeCallback } from './callback-edge.ts';
import { EdgefcError } from './errors.ts';
import { checkRequired, publish, type PublishParams } from './publish.ts';

export interface GetThingPropertiesParams {
  readonly productKey: string;
  readonly deviceName: string;
  /** The identifiers of the properties. */
  readonly payload: readonly string[];
}

export interface SetThingPropertiesParams {
  readonly productKey: string;
  readonly deviceName: string;
  /** The properties with their new values. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface CallThingServiceParams {
  readonly productKey: string;
  readonly deviceName: string;
  readonly service: string;
  /** The service's arguments. */
  readonly payload?: unknown;
}

export interface GetThingsWithTagsParams {
  /** The tags that a thing must carry, all of them. */
  readonly payload: readonly Readonly<Record<string, string>>[];
}

/**
 * Publishes messages, and reads, sets and calls things (LE).
 *
 * Every method takes a callback `(err, data)`, called exactly once and never before the method has returned, or gives
 * a promise without one. A missing parameter is an `InvalidArgument`.
 *
 * @example
 * new IoTData().publish({ topic: '/alarms', payload: 'door open' }, (err) => {
 *   if (err) console.error(err.message);
 * });
 */
export class IoTData {
  /**
   * Publishes a message, one way (LE): it is accepted as durably as an Async invocation, then every function with a route
   * that matches is invoked with the payload as a Buffer and `invokerContext.custom = { source, topic }`. That no route
   * matches is no error.
   *
   * Gives the message's id. Errors, by code: `InvalidArgument`, `EntityTooLarge` (the limit is that of Async payloads),
   * `ResourceExhausted`, `Stopping`, `NoHost`, `NotImplemented` (the host is older than this SDK).
   *
   * @param params - both are required
   *
   * @example
   * const id = await new IoTData().publish({ topic: '/alarms', payload: JSON.stringify({ door: 'open' }) });
   */
  publish(params: PublishParams): Promise<string>;
  publish(params: PublishParams, callback: NodeCallback<string>): void;
  publish(params: PublishParams, callback?: NodeCallback<string>): Promise<string> | undefined {
    return atEdge('IoTData.publish', callback, () => publish(params));
  }

  /** Reads properties of a thing. Needs `payload`, `productKey` and `deviceName`. */
  getThingProperties(params: GetThingPropertiesParams): Promise<unknown>;
  getThingProperties(params: GetThingPropertiesParams, callback: NodeCallback<unknown>): void;
  getThingProperties(params: GetThingPropertiesParams, callback?: NodeCallback<unknown>): Promise<unknown> | undefined {
    return settle('getThingProperties', params, ['payload', 'productKey', 'deviceName'], callback);
  }

  /** Sets properties of a thing. Needs `payload`, `productKey` and `deviceName`. */
  setThingProperties(params: SetThingPropertiesParams): Promise<unknown>;
  setThingProperties(params: SetThingPropertiesParams, callback: NodeCallback<unknown>): void;
  setThingProperties(params: SetThingPropertiesParams, callback?: NodeCallback<unknown>): Promise<unknown> | undefined {
    return settle('setThingProperties', params, ['payload', 'productKey', 'deviceName'], callback);
  }

  /** Calls a service of a thing. Needs `productKey`, `deviceName` and `service`. */
  callThingService(params: CallThingServiceParams): Promise<unknown>;
  callThingService(params: CallThingServiceParams, callback: NodeCallback<unknown>): void;
  callThingService(params: CallThingServiceParams, callback?: NodeCallback<unknown>): Promise<unknown> | undefined {
    return settle('callThingService', params, ['productKey', 'deviceName', 'service'], callback);
  }

  /** Lists the things that carry all the given tags. Needs `payload`. */
  getThingsWithTags(params: GetThingsWithTagsParams): Promise<unknown>;
  getThingsWithTags(params: GetThingsWithTagsParams, callback: NodeCallback<unknown>): void;
  getThingsWithTags(params: GetThingsWithTagsParams, callback?: NodeCallback<unknown>): Promise<unknown> | undefined {
    return settle('getThingsWithTags', params, ['payload'], callback);
  }
}

function settle<T>(
  method: string,
  params: object,
  required: readonly string[],
  callback: NodeCallback<T> | undefined,
): Promise<T> | undefined {
  // Async, so that what the checks throw rejects.
  return atEdge(`IoTData.${method}`, callback, async () => {
    checkRequired(params, required);
    throw notImplemented(`IoTData.${method}`);
  });
}

/** The error of a method that this release does not have yet. */
export function notImplemented(method: string): EdgefcError {
  return new EdgefcError('NotImplemented', `${method} is not in this release of @edgefc/sdk.`);
}
