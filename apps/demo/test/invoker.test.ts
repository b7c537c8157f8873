/** Invoker, with everything that it calls faked: what it sends, and what it makes of each kind of answer. */
import '@edgefc/testkit/matchers/vitest';
import { createTestHost, fake } from '@edgefc/testkit';
import { expect, it } from 'vitest';

const functions = { 'EdgeFC/Invoker': new URL('../functions/Invoker/index.js', import.meta.url) };

it('sends a text and a context, and prints the answer', async () => {
  await using host = await createTestHost({ functions, fakes: { 'EdgeFC/helloworld': 'Message from helloworld' } });

  await host.invoke('EdgeFC/Invoker');

  expect(host).toHaveInvoked('EdgeFC/helloworld', {
    payload: 'String message from Invoker.',
    invokerContext: { custom: { data: 'Custom context from Invoker' } },
    from: 'EdgeFC/Invoker',
  });
  expect(host).toHaveLogged('EdgeFC/Invoker', 'Message from helloworld');
});

it('sends bytes, and takes bytes', async () => {
  const answer = Buffer.from([0xff, 0x00, 0x7f]);
  await using host = await createTestHost({ functions, fakes: { 'EdgeFC/helloworld': answer } });

  const result = (await host.invoke('EdgeFC/Invoker', 'bytes')).json<{ payload: unknown }>();

  expect(host).toHaveInvoked('EdgeFC/helloworld', { payload: Buffer.from('Bytes from Invoker.') });
  expect(result.payload).toEqual(answer.toJSON());
});

it.each([
  ['throws', 'failing', fake.error(new RangeError('no such valve')), 'failing failed: RangeError: no such valve'],
  ['hangs', 'slow', fake.hang(), 'slow failed: Timeout: '],
  ['exits', 'crashing', fake.exit(3), 'crashing failed: Exit: '],
])('prints how a function failed that %s, and succeeds itself', async (_, name, handler, message) => {
  const other = { [`EdgeFC/${name}`]: { handler, timeout: '1s' } } as const;
  await using host = await createTestHost({ functions: { ...functions, ...other } });

  const { functionError } = await host.invoke('EdgeFC/Invoker', name);

  expect(functionError).toBeNull();
  expect(host).toHaveFailedWith(`EdgeFC/${name}`);
  expect(host).toHaveLogged('EdgeFC/Invoker', message);
});

it('fails when nobody answers: that is no failure of the other function', async () => {
  await using host = await createTestHost({ functions, fakes: { 'EdgeFC/helloworld': fake.throttle() } });

  await host.invoke('EdgeFC/Invoker');

  expect(host).toHaveFailedWith('EdgeFC/helloworld', { errorType: 'ResourceExhausted', functionError: null });
  expect(host).toHaveFailedWith('EdgeFC/Invoker', { errorMessage: 'throttled', functionError: 'Handled' });
});

it('prints the id of an Async call, which runs by itself', async () => {
  await using host = await createTestHost({ functions, fakes: { 'EdgeFC/helloworld': 'later' } });

  await host.invoke('EdgeFC/Invoker', 'later');
  await host.runUntilIdle();

  const [call] = host.record.invocations('EdgeFC/helloworld');
  expect(call).toMatchObject({ type: 'Async', state: 'Succeeded' });
  expect(host).toHaveLogged('EdgeFC/Invoker', `accepted as ${call?.id}`);
});

it('waits for Async work, and prints every attempt', async () => {
  const line = fake.sequence(fake.error('the line is busy'), 'sent');
  await using host = await createTestHost({ functions, fakes: { 'EdgeFC/uplink': line } });

  await host.invoke('EdgeFC/Invoker', 'retried');

  expect(host).toHaveRetried('EdgeFC/uplink', 1);
  expect(host).toHaveLogged('EdgeFC/Invoker', 'attempt 1 failed: the line is busy');
  expect(host).toHaveLogged('EdgeFC/Invoker', 'Succeeded: sent');
});

it('publishes a temperature', async () => {
  await using host = await createTestHost({ functions });

  await host.invoke('EdgeFC/Invoker', 'message');

  expect(host).toHavePublished('rooms/kitchen/celsius', '19.5');
});

it('names the calls that it knows when it is asked for another', async () => {
  await using host = await createTestHost({ functions });

  const { error } = await host.invoke('EdgeFC/Invoker', 'tea');

  expect(error?.errorMessage).toMatch(/no call "tea"; send one of text, bytes, /);
  expect(host).toHaveInvokedOnly(['EdgeFC/Invoker']);
});
