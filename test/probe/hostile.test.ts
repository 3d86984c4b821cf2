import { afterEach, describe, expect, it } from 'vitest';
import { heardAs, type Peer, peer, probed } from './peers.js';

const peers: Peer[] = [];
const stands = async (...treat: Parameters<typeof peer>): Promise<Peer> => {
  const made = await peer(...treat);
  peers.push(made);
  return made;
};
afterEach(async () => {
  for (const one of peers.splice(0)) await one.close();
});

describe.runIf(process.platform === 'linux')('a service that does not answer as it should', () => {
  it('is a gap where it never says a word', async () => {
    const silent = await stands();
    const { answers, gaps } = await probed([heardAs('redis', silent.port)], { answerMs: 200, silenceMs: 50 });
    expect(answers[0]).toMatchObject({ service: null, answer: null, probe: 'redis-ping' });
    expect(answers[0]?.sent).toContain('PING');
    expect(gaps).toMatchObject([{ kind: 'probe', why: 'it did not answer redis-ping' }]);
  });

  it('is a gap where it drips one byte at a time, and is not waited for', async () => {
    const slow = await stands((socket) => {
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const { answers, gaps } = await probed([heardAs('ftp', slow.port)], { listenerMs: 300 });
    expect(answers[0]?.service).toBeNull();
    expect(answers[0]?.answer).toMatch(/^x+$/);
    expect(answers[0]?.durationMs).toBeLessThan(2000);
    expect(gaps[0]?.why).toContain('longer than the limit');
  });

  it('is heard up to the limit where it never ends', async () => {
    const endless = await stands((socket) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 'y')));
      };
      socket.on('drain', more);
      more();
    });
    const { answers, gaps } = await probed([heardAs('redis', endless.port)]);
    expect(answers[0]?.answer).toHaveLength(512);
    expect(gaps[0]?.why).toContain('more than the limit');
  });

  it('is a gap where it answers with binary of another protocol', async () => {
    const binary = await stands((socket) => socket.once('data', () => socket.write(Buffer.from([0, 1, 2, 255, 254]))));
    const { answers, gaps } = await probed([heardAs('memcached', binary.port)], { answerMs: 300 });
    expect(answers[0]).toMatchObject({ service: null, answer: '\0\u0001\u0002\\xff\\xfe' });
    expect(gaps[0]?.why).toBe('what it said is not memcached-version');
  });

  it('is a gap where it closes at once', async () => {
    const closed = await stands((socket) => socket.end());
    const { gaps } = await probed([heardAs('mongodb', closed.port), heardAs('ssh', closed.port)]);
    expect(gaps.map(({ why }) => why)).toEqual([
      expect.stringContaining('closed the connection without a byte'),
      expect.stringContaining('closed the connection without a byte'),
    ]);
  });

  it('is a gap where it resets while it is spoken to', async () => {
    const reset = await stands((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const { gaps } = await probed([heardAs('postgresql', reset.port)]);
    expect(gaps[0]?.why).toMatch(/without a byte/);
  });

  it('is a gap where nobody listens any more', async () => {
    const gone = await peer();
    await gone.close();
    const { answers, gaps } = await probed([heardAs('redis', gone.port)]);
    expect(answers[0]?.sent).toContain('nothing');
    expect(gaps[0]?.why).toBe('ECONNREFUSED: connect');
  });

  it('keeps its answer where the total time is over for others', async () => {
    const silent = await stands();
    const many = Array.from({ length: 6 }, () => heardAs('redis', silent.port));
    const { answers, gaps } = await probed(many, { totalMs: 150, atOnceMax: 1, silenceMs: 50, answerMs: 200 });
    expect(answers.length + gaps.filter(({ why }) => why.includes('time for probing was over')).length).toBe(6);
  });

  it('does not hold up those that do answer', async () => {
    const silent = await stands();
    const greeting = await stands((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n'));
    const { answers } = await probed([heardAs('ssh', silent.port), heardAs('ssh', greeting.port)], { greetingMs: 200 });
    expect(answers.map((answer) => answer.service)).toEqual([null, 'ssh']);
  });

  it('shows a hundred gaps and counts the others', async () => {
    const gone = await peer();
    await gone.close();
    const many = Array.from({ length: 150 }, () => heardAs('redis', gone.port));
    const { gaps } = await probed(many);
    expect(gaps).toHaveLength(101);
    expect(gaps.at(-1)?.what).toBe('answers of 50 further listeners');
  });
});
