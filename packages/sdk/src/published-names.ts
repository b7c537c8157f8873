/**
 * The names that Link IoT Edge's SDK has, for `import leSdk from 'linkedge-core-sdk'`: the ES module form of
 * `const leSdk = require('linkedge-core-sdk')`.
 */
import { CredentialProviderChain } from './credentials.ts';
import { FCClient } from './fc-client.ts';
import { IoTData } from './iot-data.ts';

export const publishedNames: {
  readonly FCClient: typeof FCClient;
  readonly IoTData: typeof IoTData;
  readonly CredentialProviderChain: typeof CredentialProviderChain;
} = { FCClient, IoTData, CredentialProviderChain };
