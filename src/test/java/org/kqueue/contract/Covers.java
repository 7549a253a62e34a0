package org.kqueue.contract;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The items of {@code checklist.txt} that a test method asserts, such as {@code "facts 10"}. {@link ChecklistTest}
 * fails where an item has no test.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Covers {

    /** The items, by the names they have in the list. */
    String[] value();
}
