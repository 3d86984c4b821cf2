import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { placesOf } from '../../src/collect/probe/places.js';
import { formatAddress } from '../../src/lib/ip/address.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import { service } from '../builders.js';
import { heardAs, probed } from './peers.js';

const placed = (over: Partial<IdentifiedListener>): readonly string[] =>
  placesOf(heardAs('redis', 6379, over), null).map(
    ({ address, kinder }) => `${formatAddress(address)}${kinder ? ' (kinder)' : ''}`,
  );

describe('where a listener is spoken to', () => {
  it('is its own address, where it has one', () => {
    expect(placed({ address: '192.0.2.7' })).toEqual(['192.0.2.7']);
    expect(placed({ address: '::1', family: 'ipv6' })).toEqual(['::1']);
  });

  it('is an address of the namespace for a wildcard, since loopback is often let do more', () => {
    expect(placed({ address: '0.0.0.0', means: ['127.0.0.1', '192.0.2.7', '198.51.100.2'] })).toEqual([
      '192.0.2.7',
      '127.0.0.1 (kinder)',
    ]);
  });

  it('is loopback where there is no other', () => {
    expect(placed({ address: '0.0.0.0', means: ['127.0.0.1'] })).toEqual(['127.0.0.1 (kinder)']);
  });

  it('is of the family that is served: IPv4 where both are', () => {
    const means = ['127.0.0.1', '::1', 'fe80::1', '192.0.2.7', '2001:db8::7'];
    expect(placed({ address: '::', family: 'dual', means })).toEqual(['192.0.2.7', '127.0.0.1 (kinder)']);
    expect(placed({ address: '::', family: 'ipv6', means })).toEqual(['2001:db8::7', '::1 (kinder)']);
  });

  it('is nowhere without an address or a port', () => {
    expect(placed({ address: null })).toEqual([]);
    expect(placed({ port: null })).toEqual([]);
    expect(placed({ address: 'somewhere' })).toEqual([]);
  });

  it('is spoken from an address to spare for VNC, and from 127.0.0.1 for MySQL', () => {
    const from = (name: string) => {
      const [place] = placesOf(heardAs(null, 1, { address: '192.0.2.7', service: service(name) }), null);
      return place?.source ? formatAddress(place.source) : null;
    };
    expect([from('vnc'), from('mysql'), from('redis')]).toEqual(['127.101.115.104', '127.0.0.1', null]);
  });
});

describe.runIf(process.platform === 'linux')('an IPv6 socket that takes IPv4 too', () => {
  it('is asked over IPv4, and loopback’s rights are not taken for everybody’s', async () => {
    const server = createServer((socket) =>
      socket.on('data', () => socket.write('+PONG\r\n')).on('error', () => undefined),
    );
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '::', () => {
        const address = server.address();
        resolve(address === null || typeof address === 'string' ? 0 : address.port);
      });
    });
    const { answers } = await probed([heardAs('redis', port, { address: '::', family: 'dual' })], { answerMs: 200 });
    expect(answers[0]).toMatchObject({ service: 'redis', facts: { 'authentication.loopback': 'none' } });
    expect(answers[0]?.facts['authentication']).toBeUndefined();
    server.close();
  });
});
