import { describe, expect, it } from 'vitest';
import { allServices, portsNamed, serviceNamed, servicesAt } from '../../src/lib/services.js';

describe('the one list of services', () => {
  it('finds a service by what people say, by its IANA name and by an alias, in any case', () => {
    for (const word of ['vnc', 'rfb', 'RFB', 'x11vnc']) expect(serviceNamed(word)?.name).toBe('vnc');
    expect(serviceNamed('domain')?.name).toBe('dns');
    expect(serviceNamed('status')?.name).toBe('status');
    expect(serviceNamed('no-such-service')).toBeNull();
  });

  it('gives every name and alias to one service only', () => {
    const owners = new Map<string, string>();
    for (const entry of allServices())
      for (const word of new Set([entry.name, ...entry.aliases])) {
        expect(owners.get(word), `${word} belongs to ${owners.get(word)} and ${entry.name}`).toBeUndefined();
        owners.set(word, entry.name);
      }
  });

  it('holds only ports that exist and names made of lower-case letters', () => {
    for (const entry of allServices()) {
      expect(entry.name).toMatch(/^[a-z0-9][a-z0-9.-]*$/);
      for (const port of entry.ports) {
        expect(port.from).toBeGreaterThan(0);
        expect(port.to).toBeLessThan(65536);
        expect(port.to).toBeGreaterThanOrEqual(port.from);
      }
    }
  });

  it('says what a port stands for, and keeps apart what is merely often there', () => {
    expect(servicesAt('tcp', 23)[0]?.name).toBe('telnet');
    expect(servicesAt('tcp', 6063)[0]?.name).toBe('x11');
    expect(servicesAt('tcp', 6064)).toEqual([]);
    expect(servicesAt('udp', 323)[0]?.name).toBe('chrony-command');
    expect(servicesAt('tcp', 2323, true)).toEqual([]);
    expect(servicesAt('tcp', 2323)[0]?.name).toBe('telnet');
    expect(servicesAt('udplite', 53)[0]?.name).toBe('dns');
    expect(servicesAt('unix', 53)).toEqual([]);
  });

  it('knows every port that a name of a services file may mean', () => {
    expect(portsNamed('http-alt', 'tcp')).toEqual([591, 8008, 8080]);
    expect(portsNamed('domain', 'udp')).toEqual([53]);
    expect(portsNamed('syslog', 'tcp')).toEqual([601]);
    expect(portsNamed('X11', 'tcp').slice(0, 2)).toEqual([6000, 6001]);
    expect(portsNamed('shell', 'tcp')).toEqual([514]);
    expect(portsNamed('ms-wbt-server', null)).toEqual([3389]);
    expect(portsNamed('nobody-knows', 'tcp')).toEqual([]);
  });
});
