package org.kqueue.robust.differential;

/**
 * One step of a program. {@code a} and {@code b} choose objects, modulo how many there are, and {@code c} a variant; so
 * every step means something in every state and a program stays one when steps are taken out.
 */
record Step(Op op, int a, int b, int c) {

    static Step parse(String text) {
        String[] words = text.strip().split(" +");
        return new Step(Op.valueOf(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2]),
                Integer.parseInt(words[3]));
    }

    @Override
    public String toString() {
        return op + " " + a + " " + b + " " + c;
    }
}
