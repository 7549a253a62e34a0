package org.kqueue.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * What two sides needed for the same work, in pairs that were measured one right after the other. Higher is better for
 * us.
 */
final class Ratios {

    private final List<Double> theirs = new ArrayList<>();
    private final List<Double> ours = new ArrayList<>();
    private final boolean moreIsBetter;

    Ratios(boolean moreIsBetter) {
        this.moreIsBetter = moreIsBetter;
    }

    void add(double their, double our) {
        theirs.add(their);
        ours.add(our);
    }

    /** The median of the ratios of the pairs, which noise that hits both sides alike does not move. */
    double ratio() {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < ours.size(); i++) {
            ratios.add(moreIsBetter ? ours.get(i) / theirs.get(i) : theirs.get(i) / ours.get(i));
        }
        return median(ratios);
    }

    double theirMedian() {
        return median(theirs);
    }

    double ourMedian() {
        return median(ours);
    }

    static double median(List<Double> values) {
        if (values.isEmpty()) {
            return Double.NaN;
        }
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f", ratio());
    }
}
