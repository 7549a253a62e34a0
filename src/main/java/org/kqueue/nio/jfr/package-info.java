/**
 * Events for JDK Flight Recorder: {@code org.kqueue.Select} (from 20 ms), {@code org.kqueue.SlowKevent} (a call that
 * took at least 10 ms longer than its timeout) and {@code org.kqueue.RegistrationError}. Settings and thresholds can be
 * changed by name, as for every event.
 */
package org.kqueue.nio.jfr;
