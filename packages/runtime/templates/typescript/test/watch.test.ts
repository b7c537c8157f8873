/** The gateway's own engine runs `watch`; the thermometer is faked, and time is virtual: nothing here waits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertInvokedTimes, assertLogged, withTestHost } from '@edgefc/testkit';

const config = './edgefc.config.ts';
const fakes = { 'Home/thermometer': { room: 'kitchen', celsius: 30 } };

test('says when it is too hot', () =>
  withTestHost({ config, fakes }, async (host) => {
    const answer = await host.invoke('Home/watch');
    assert.deepEqual(answer.json(), { celsius: 30, verdict: 'too hot' });
    assertLogged(host, 'kitchen: 30 °C, too hot');
  }));

test('measures every ten seconds', () =>
  withTestHost({ config, fakes }, async (host) => {
    await host.advance('1m');
    assertInvokedTimes(host, 'Home/thermometer', 6);
  }));
