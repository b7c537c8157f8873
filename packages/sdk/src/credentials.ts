/**
 * CredentialProviderChain: temporary keys for cloud requests, by the name of Link IoT Edge's SDK.
 *
 * This release can construct it; resolving reports `NotImplemented`.
 */
import type { Credentials } from './handler.ts';
import { notImplemented } from './iot-data.ts';

/**
 * Gives a function the credentials that its host has for it (LE).
 *
 * @example
 * const { accessKeyId } = await new CredentialProviderChain().resolvePromise();
 */
export class CredentialProviderChain {
  /** The credentials. Rejects with `NotImplemented` in this release. */
  resolvePromise(): Promise<Credentials> {
    return Promise.reject(notImplemented('CredentialProviderChain.resolvePromise'));
  }
}
