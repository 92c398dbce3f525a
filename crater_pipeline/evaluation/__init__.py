"""How detections are judged: matching, figures, intervals, curves, and COCO's figures per tile."""
