// The kernel alone: messages, tasks and timers with nothing in them.
import { createWorld } from '../src/kernel/create-world.ts';

const clients = 20;
const virtualMs = 120_000;

export function measureKernel(): Record<string, number> {
  return { kernelEventsPerSecond: Math.max(echoes(), echoes(), echoes()) };
}

function echoes(): number {
  const world = createWorld({
    seed: 1,
    programs: [
      {
        name: 'server',
        *main(host) {
          const listener = host.network.listen(':7');
          for (;;) {
            const connection = yield* listener.accept();
            if (connection === undefined) return 0;
            host.tasks.spawn(
              'serve',
              (function* () {
                for (;;) {
                  const message = yield* connection.receive();
                  if (message === undefined) return;
                  connection.send(message);
                }
              })(),
            );
          }
        },
      },
      {
        name: 'client',
        *main(host) {
          const connection = yield* host.network.dial('10.0.0.1:7');
          for (;;) {
            connection.send(1);
            yield* connection.receive();
            yield* host.clock.sleep(host.random.below(5));
          }
        },
      },
    ],
  });
  world.addMachine({ name: 'a', address: '10.0.0.1' }).powerOn();
  world.addMachine({ name: 'b', address: '10.0.0.2' }).powerOn();
  world.spawn('a', { program: 'server' });
  for (let n = 0; n < clients; n++) world.spawn('b', { program: 'client' });
  const began = performance.now();
  world.run(virtualMs);
  return (world.steps / (performance.now() - began)) * 1000;
}
