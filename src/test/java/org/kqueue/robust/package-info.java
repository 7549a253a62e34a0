/**
 * Fixtures that the tests of several packages share, one of a kind. The packages below test one kind of trouble each.
 */
package org.kqueue.robust;
