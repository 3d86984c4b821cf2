import { describe, expect } from 'vitest';
import { armAlarm, disarmAlarm } from '../../src/linux/alarm.js';
import { itNeeds, needs } from '../needs.js';

describe('The alarm that ends a collection which hangs in the kernel', () => {
  itNeeds([needs.linux], 'is armed and taken back', () => {
    armAlarm(1_000_000);
    const left = disarmAlarm();
    expect(left).toBeGreaterThan(900_000);
    expect(left).toBeLessThanOrEqual(1_000_000);
    expect(disarmAlarm()).toBe(0);
  });
});
